import { existsSync, statSync } from 'node:fs'
import t from 'tap'
import { findNatsServer, freePort, NatsServer } from '../nats-server.js'
import { fixture, linesIn, PipelineRun } from '../pipeline-run.js'
import { eventually } from '../processes.js'

const demo = new URL('../../examples/nearest-hub/', import.meta.url).pathname
const found = await findNatsServer()

const skip = 'missing' in found && found.missing

/** A server of its own, and the address to give with `--transport`. */
async function served(t: { teardown(clean: () => unknown): unknown }, options = {}): Promise<string> {
  const server = await NatsServer.start('path' in found ? found.path : '', options)
  t.teardown(() => server.end())
  return `nats://${server.transport.servers[0]}`
}

t.test('the output of a pipeline is the same over NATS as over local IPC', { skip }, async (t) => {
  const url = await served(t)
  const deliveries = async (...transport: string[]) => {
    const run = new PipelineRun(t, [
      ...[`${demo}millrace.config.mjs`, '--limit', '20000', '--state-dir', 'state'],
      ...['--to', 'file:deliveries.ndjson?format=ndjson', ...transport],
    ])
    t.equal((await run.ended).code, 0, run.said)
    const { read, delivered, dropped } = run.summary
    return { account: { read, delivered, dropped }, lines: linesIn(run.path('deliveries.ndjson')).sort() }
  }
  const local = await deliveries()
  const overNats = await deliveries('--transport', url)
  t.same(overNats.account, local.account)
  t.ok(local.lines.length > 10_000)
  t.ok(overNats.lines.join('\n') === local.lines.join('\n'), 'line by line, once they are sorted')
})

t.test(
  'any child that is killed over NATS is replaced, and nothing is lost or doubled',
  { skip },
  async (t) => {
    const url = await served(t)
    const run = new PipelineRun(
      t,
      [
        ...['--from', 'count:3000', '--to', 'file:out.txt', '--workers', '2', '--transport', url],
        ...['--worker', fixture('workers/take-time.mjs'), '--in-queue', '200'],
      ],
      { env: { TAKES_MS: '1' } },
    )
    const bytes = () => (existsSync(run.path('out.txt')) ? statSync(run.path('out.txt')).size : 0)
    for (const place of ['worker:1', 'writer', 'sender']) {
      const before = bytes()
      t.ok(await eventually(() => bytes() > before, 20_000), 'records are in flight')
      process.kill(run.pidOf(place), 'SIGKILL')
      await run.event('processExited', (exit) => exit.process === place)
    }
    t.equal((await run.ended).code, 0, run.said)
    const numbers = linesIn(run.path('out.txt')).map(Number)
    t.equal(numbers.length, 3000)
    t.equal(new Set(numbers).size, 3000)
    t.same(run.summary.restarts, { writer: 1, worker: 1, sender: 1 })
  },
)

t.test('a NATS server that is not there is one clear error', { skip }, async (t) => {
  const url = `nats://127.0.0.1:${await freePort()}`
  const run = new PipelineRun(t, [
    ...['--from', 'count:10', '--to', 'null:', '--transport', url],
    ...['--worker', fixture('workers/same.mjs')],
  ])
  t.equal((await run.ended).code, 1)
  t.match(run.said, url.slice('nats://'.length))
})

t.test('a NATS server without JetStream is a configuration error', { skip }, async (t) => {
  const url = await served(t, { jetStream: false })
  const run = new PipelineRun(t, [
    ...['--from', 'count:10', '--to', 'null:', '--transport', url],
    ...['--worker', fixture('workers/same.mjs')],
  ])
  t.equal((await run.ended).code, 78)
  t.match(run.said, /JetStream/)
})
