import type { RegistryContentType } from 'prom-client'
import type { Exposition, ExpositionFormat } from '../../model/status.js'
import type { Readings } from './readings.js'
import { type HistogramSample, type Labels, type Metric, metrics } from './table.js'

/** What a registry of prom-client asks of a metric. */
interface Family {
  readonly help: string
  readonly type: Metric['type']
  readonly aggregator: 'sum'
  readonly values: readonly Value[]
  /** The registry takes `_total` away for OpenMetrics. */
  name: string
  get(): Promise<Family>
}

interface Value {
  readonly labels: Labels
  readonly value: number
  readonly metricName?: string
}

/**
 * Writes all metrics as they are at this moment: they are read before anything is waited for. Nothing
 * is kept between two scrapes, because every count is kept where it is made.
 */
export async function expose(readings: Readings, format: ExpositionFormat): Promise<Exposition> {
  const families = metrics.flatMap((metric) => familyOf(metric, valuesOf(metric, readings)))
  const { openMetricsContentType, Registry } = await import('prom-client')
  const registry = new Registry<RegistryContentType>()
  if (format === 'openmetrics') registry.setContentType(openMetricsContentType)
  registry.setDefaultLabels({ pipeline: readings.status.name })
  // The types know only the library's own metrics, which cannot be set to buckets that were counted elsewhere.
  for (const family of families) registry.registerMetric(family as never)
  return { contentType: registry.contentType, text: await registry.metrics() }
}

/** None, where there is nothing to say. */
function familyOf({ name, help, type }: Metric, values: readonly Value[]): Family[] {
  if (values.length === 0) return []
  const family: Family = { name, help: `${help}.`, type, aggregator: 'sum', values, get: async () => family }
  return [family]
}

function valuesOf(metric: Metric, readings: Readings): Value[] {
  if (metric.type === 'histogram') return metric.read(readings).flatMap(bucketsOf(metric.name))
  return metric.read(readings).map(({ labels = {}, value }) => ({ labels, value }))
}

/** The lines of a histogram: each bucket counts what is in it and in those below. */
const bucketsOf =
  (name: string) =>
  ({ labels = {}, histogram }: HistogramSample): Value[] => {
    const { counts, bounds, sum } = histogram
    let below = 0
    const buckets = counts.map((count, index) => {
      below += count
      return { labels: { ...labels, le: String(bounds[index] ?? '+Inf') }, value: below }
    })
    return [
      ...buckets.map((bucket) => ({ ...bucket, metricName: `${name}_bucket` })),
      { labels, value: sum, metricName: `${name}_sum` },
      { labels, value: below, metricName: `${name}_count` },
    ]
  }
