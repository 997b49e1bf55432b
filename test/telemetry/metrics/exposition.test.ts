import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { expose } from '../../../src/telemetry/metrics/exposition.js'
import { metrics } from '../../../src/telemetry/metrics/table.js'
import { Scrape } from '../../scrape.js'
import { readings } from './readings.js'

const inRoot = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

/** The path of Prometheus' own checker, or why there is none: the reason to skip a test with. */
async function findPromtool(): Promise<{ readonly path: string } | { readonly missing: string }> {
  try {
    const { stdout } = await promisify(execFile)('bash', [inRoot('scripts/promtool.sh')])
    return { path: stdout.trim() }
  } catch (error) {
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
    return { missing: stderr.trim().split('\n').at(-1) ?? 'no promtool' }
  }
}

const found = await findPromtool()
const skip = 'missing' in found ? found.missing : false

async function promtool(args: readonly string[], input = '') {
  const child = spawn('path' in found ? found.path : '', args)
  child.stdin.end(input)
  const said = Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = await once(child, 'close')
  return { code, said: (await said).join('') }
}

t.test('every metric has a line and a meaning, and a histogram counts up to all of it', async (t) => {
  const { contentType, text } = await expose(readings, 'prometheus')
  t.match(contentType, 'text/plain; version=0.0.4')
  for (const { name, type } of metrics) {
    t.ok(text.includes(`# HELP ${name} `) && text.includes(`# TYPE ${name} ${type}\n`), name)
    t.match(
      text,
      new RegExp(`^${name}${type === 'histogram' ? '_count' : ''}\\{.*pipeline="mill".*\\} \\S+$`, 'm'),
    )
  }
  const scrape = new Scrape(text)
  const handler = (le: string) => scrape.value(`handler_seconds_bucket{le="${le}"}`)
  t.same(['0.00001', '0.25', '0.5', '300', '+Inf'].map(handler), [500, 500, 502, 502, 503])
  t.equal(scrape.value('handler_seconds_count'), 503)
  t.equal(scrape.value('handler_seconds_sum'), 1000.605)
  t.equal(scrape.value('pipeline_blocked{by="checkpoint"}'), 1)
  t.equal(scrape.value('process_cpu_seconds_total{process="primary",role="primary"}'), 12.5)
})

t.test('what is not known has no line', async (t) => {
  const { status } = readings
  const unknown = {
    ...readings,
    status: { ...status, checkpoint: null, source: { kind: null, lag: null, fraction: null } },
    checkpoints: undefined,
    disk: undefined,
    slots: undefined,
  }
  const { text } = await expose(unknown, 'prometheus')
  t.notMatch(text, /millrace_(checkpoint|source|state_dir|shared_memory)_/)
  t.notMatch(text, /process_cpu_seconds_total\{process="worker:1"/)
})

t.test('a run that never comes to its first checkpoint has one that grows old all the same', async (t) => {
  const status = { ...readings.status, checkpoint: null, uptimeSeconds: 400 }
  const { text } = await expose({ ...readings, status }, 'prometheus')
  t.equal(new Scrape(text).value('checkpoint_age_seconds'), 400)
})

t.test('OpenMetrics has its own names for counters, and an end', async (t) => {
  const { contentType, text } = await expose(readings, 'openmetrics')
  t.match(contentType, 'application/openmetrics-text; version=1.0.0')
  t.match(text, /^# TYPE millrace_retries counter\nmillrace_retries_total\{pipeline="mill"\} 0$/m)
  t.ok(text.endsWith('\n# EOF\n'))
})

t.test('names are as Prometheus wants them', { skip }, async (t) => {
  const { text } = await expose(readings, 'prometheus')
  t.same(await promtool(['check', 'metrics'], text), { code: 0, said: '' })
})

t.test('each alert fires when it should and says what it means', { skip }, async (t) => {
  t.match(await promtool(['check', 'rules', inRoot('prometheus/alerts.yml')]), { code: 0 })
  t.match(await promtool(['test', 'rules', inRoot('test/prometheus/alerts.yml')]), {
    code: 0,
    said: /SUCCESS/,
  })
})

t.test('alerts are made of metrics that there are, and each has its section in the runbook', async (t) => {
  const rules = readFileSync(inRoot('prometheus/alerts.yml'), 'utf8')
  const known = new Set(metrics.map(({ name }) => name))
  const used = [...rules.matchAll(/millrace_\w+/g)].map(([name]) => name)
  t.ok(used.length > 10)
  t.same(
    used.filter((name) => !known.has(name)),
    [],
  )
  const alerts = [...rules.matchAll(/alert: (\w+)$/gm)].map(([, name]) => name!.toLowerCase())
  const sections = [...rules.matchAll(/runbook: docs\/operations\.md#(\w+)$/gm)].map(([, anchor]) => anchor)
  t.same(sections, alerts)
})
