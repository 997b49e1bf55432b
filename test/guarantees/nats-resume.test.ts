import { writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { atRest, statusOf } from '../from-outside.js'
import { findNatsServer, NatsServer } from '../nats-server.js'
import { fixture, linesIn, type PipelineRun } from '../pipeline-run.js'
import { randomFrom } from '../random.js'
import { Series } from '../series.js'

/* MILLRACE_TEST_SEED repeats the choices of a run. */
const seed = Number(process.env.MILLRACE_TEST_SEED ?? Date.now() % 2 ** 31)

const found = await findNatsServer()
const skip = 'missing' in found && found.missing

const RECORDS = 4000
const QUEUE = 200
const lines = Array.from({ length: RECORDS }, (_, i) => String(i))
const results = lines.map((line) => `${line}!`).sort()

const startServer = async (t: Test): Promise<NatsServer> => {
  const server = await NatsServer.start('path' in found ? found.path : '')
  t.teardown(() => server.end())
  return server
}

/** From file to file over a server, with queues far shorter than the file. */
function overNats(t: Test, server: NatsServer): Series {
  const series = new Series(t, [
    ...['--from', 'file:input', '--to', 'file:output', '--worker', fixture('workers/note-and-stumble.mjs')],
    ...['--in-queue', String(QUEUE), '--out-queue', String(QUEUE)],
    ...['--transport', `nats://${server.transport.servers[0]}`],
  ])
  writeFileSync(series.path('input'), `${lines.join('\n')}\n`)
  return series
}

const openGate = (series: Series) => writeFileSync(series.path('gate'), '')

const expectAllOnce = (t: Test, series: Series) =>
  t.same(linesIn(series.path('output')).sort(), results, 'every result is there, and once')

t.test(
  'over NATS, a primary that is killed again and again loses and doubles nothing',
  { skip },
  async (t) => {
    t.comment(`MILLRACE_TEST_SEED=${seed}`)
    const random = randomFrom(seed)
    const series = overNats(t, await startServer(t))
    let settled = 0
    for (let kill = 1; kill <= 4; kill++) {
      const run = series.start()
      await series.untilSettled(run, settled + 1 + Math.floor(random() * 500))
      await series.kill(run)
      t.ok(series.settledCount > settled, `run ${kill} went on from ${settled} to ${series.settledCount}`)
      settled = series.settledCount
    }
    openGate(series)
    const last = await series.run(0)
    t.match(last.summary, { outcome: 'finished', read: RECORDS - settled, delivered: RECORDS - settled })
    t.match(last.summary.total, { read: RECORDS, delivered: RECORDS, deadLettered: 0, returned: 0 })
    expectAllOnce(t, series)
  },
)

const isCutOff = ({ state, reason }: { state: string; reason: string | null | undefined }) =>
  state === 'blocked' && /NATS server 127\.0\.0\.1:\d+ is not reachable/.test(reason ?? '')

/** Kills the server under a run that has work, and waits until the run has noticed. */
async function killServer(t: Test, server: NatsServer, run: PipelineRun): Promise<void> {
  const noticed = run.eventsOf('stateChanged').filter(isCutOff).length
  const { counters } = await statusOf(run)
  await server.kill()
  t.ok(counters.inFlight > 0, `it fell while ${counters.inFlight} records were in flight`)
  await run.until(
    () => run.eventsOf('stateChanged').filter(isCutOff).length > noticed,
    'blocked, with the server for a reason',
  )
}

t.test(
  'when the NATS server dies everything waits, bounded, and goes on when it is back',
  { skip },
  async (t) => {
    const server = await startServer(t)
    const series = overNats(t, server)
    const run = series.start()
    for (const settled of [100, 600, 1100]) {
      await series.untilSettled(run, settled)
      await killServer(t, server, run)
      const { state, counters, queues } = await atRest(run)
      t.equal(state, 'blocked')
      t.ok(counters.inFlight > 0, 'it waits with records in flight')
      for (const { size, capacity } of [queues.in, queues.out])
        t.ok(size <= capacity, `${size} lie in a queue`)
      await server.resume()
      await run.until(() => run.eventsOf('stateChanged').at(-1)?.state === 'running', 'running again')
    }
    openGate(series)
    t.match(await run.ended, { code: 0 }, run.said)
    t.match(run.summary, { outcome: 'finished', read: RECORDS, delivered: RECORDS, returned: 0 })
    t.same(run.summary.restarts, { writer: 0, worker: 0, sender: 0 }, 'no process is restarted for it')
    expectAllOnce(t, series)
  },
)

t.test(
  'children that are killed while the NATS server is away are replaced, and nothing is lost or doubled',
  { skip },
  async (t) => {
    const server = await startServer(t)
    const series = overNats(t, server)
    const run = series.start()
    await series.untilSettled(run, 300)
    await killServer(t, server, run)
    const places = ['writer', 'worker:1', 'sender']
    const killed = places.map((place) => run.pidOf(place))
    for (const pid of killed) process.kill(pid, 'SIGKILL')
    for (const pid of killed) await run.event('processExited', (exit) => exit.pid === pid)
    await server.resume()
    openGate(series)
    t.match(await run.ended, { code: 0 }, run.said)
    t.match(run.summary, { outcome: 'finished', read: RECORDS, delivered: RECORDS, returned: 0 })
    t.same(run.summary.restarts, { writer: 1, worker: 1, sender: 1 })
    expectAllOnce(t, series)
  },
)

t.test(
  'a run that is stopped while the NATS server is away gives back what it holds, and the next one resumes',
  { skip },
  async (t) => {
    const server = await startServer(t)
    const series = overNats(t, server)
    const run = series.start(['--shutdown-timeout', '300ms'])
    await series.untilSettled(run, 300)
    await killServer(t, server, run)
    run.signal('SIGTERM')
    t.match(await run.ended, { code: 75 }, run.said)
    const { read, delivered, returned } = run.summary
    t.ok(returned > 0, `${returned} records were given back`)
    t.equal(read, delivered + returned)
    await server.resume()
    openGate(series)
    const next = await series.run(0)
    t.match(next.summary.total, { read: RECORDS, delivered: RECORDS, returned: 0 })
    expectAllOnce(t, series)
  },
)
