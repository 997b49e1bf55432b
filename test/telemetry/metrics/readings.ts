import { Histogram, RECORDS, SECONDS } from '../../../src/model/histogram.js'
import { readinessOf } from '../../../src/telemetry/health.js'
import type { Readings } from '../../../src/telemetry/metrics/readings.js'
import { RestartCounts } from '../../../src/telemetry/metrics/restart-counts.js'
import { report } from '../../fixtures/control/pipeline.js'

function observed(bounds: readonly number[], ...values: readonly (readonly [number, number])[]): Histogram {
  const histogram = new Histogram(bounds)
  for (const [value, weight] of values) histogram.observe(value, weight)
  return histogram
}

/** Of a pipeline of which everything is known. */
export const readings: Readings = {
  status: {
    ...report,
    oldestUnsettled: { id: 'count:7', process: 'worker:1', ageSeconds: 0.5 },
    checkpoint: { ageSeconds: 2, position: '7' },
    source: { kind: 'counted', lag: 12, fraction: 0.4 },
  },
  startedAt: 1_577_836_800_000,
  health: { ok: true, why: 'progress' },
  ready: readinessOf(report),
  quietSeconds: 0.25,
  blockedBy: new Set(['checkpoint']),
  queueBytes: 2 ** 26,
  restartIntensity: 5,
  restarts: new RestartCounts().all,
  busyMs: new Map([['worker:1', 52_000]]),
  cpuMs: new Map([['primary', 12_500]]),
  primary: {
    id: 'primary',
    role: 'primary',
    pid: 1,
    rss: 2 ** 26,
    eventLoop: { utilization: 0.1, delayMs: 2 },
  },
  checkpoints: { everyMs: 1000, pending: true },
  slots: { inUse: 24, most: 152 },
  disk: { freeBytes: 2 ** 30, sizeBytes: 2 ** 34 },
  flow: {
    handler: observed(SECONDS, [0.00001, 500], [0.3, 2], [1000, 1]),
    queueWait: observed(SECONDS),
    endToEnd: observed(SECONDS, [2, 1100]),
    batches: { read: observed(RECORDS, [100, 11]), lent: observed(RECORDS) },
  },
}
