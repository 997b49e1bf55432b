import t, { type Test } from 'tap'
import type { PauseReport, StatusReport } from '../../src/model/status.js'
import { command } from '../command.js'
import { statusOf, statusUntil } from '../from-outside.js'
import { fixture, PipelineRun } from '../pipeline-run.js'

/** The pipeline pauses beyond this many; those that had begun by then are given up as well. */
const ENOUGH = 200

/** Everything fails for good, and so it pauses. */
async function paused(t: Test): Promise<{ readonly run: PipelineRun; readonly status: StatusReport }> {
  const run = new PipelineRun(t, [
    ...['--from', 'count:1000000', '--worker', fixture('workers/throw-always.mjs'), '--to', 'stdout:'],
    ...['--workers', '2', '--in-queue', '200', '--retry-attempts', '1', '--dead-letter-to', 'dead.ndjson'],
    ...['--name', 'mill'],
  ])
  await run.event('stateChanged', ({ state }) => state === 'paused')
  return { run, status: await atRest(run) }
}

/** Resolves when nothing is in hand, and everything that was given up is kept. */
const atRest = (run: PipelineRun) =>
  statusUntil(run, ({ processes, counters, queues }) => {
    const inHand = processes.some((process) => process.inHand > 0)
    return !inHand && counters.waitingForRetry === 0 && counters.inFlight === queues.in.size
  })

t.test('a pipeline that gives everything up pauses, and says why and what to do', async (t) => {
  const { run, status } = await paused(t)
  t.match(status, {
    state: 'paused',
    reason: /more than 20 % of the last 1,000 .*`millrace resume`.*`millrace stop --now`/,
  })
  const { deadLettered } = status.counters
  t.ok(deadLettered > ENOUGH, `after ${deadLettered} dead letters`)
  t.ok(deadLettered <= ENOUGH + 3 * 200, 'with what had begun, and no more')
  t.equal(status.deadLetters, deadLettered, 'all of them are kept')
  t.match(run.eventsOf('stateChanged').at(-1), { state: 'paused', reason: /millrace dead list/ })

  t.equal((await statusOf(run)).counters.deadLettered, deadLettered, 'and nothing is begun')
})

t.test('told to resume it goes on, and pauses again when nothing has become better', async (t) => {
  const { run, status } = await paused(t)
  const report: PauseReport = JSON.parse(await command(run, 'resume', '--json'))
  t.match(report, { state: 'running', reason: null })
  const pauses = () => run.eventsOf('stateChanged').filter(({ state }) => state === 'paused')
  await run.until(() => pauses().length === 2, 'the second pause')
  const again = await atRest(run)
  t.match(again, { state: 'paused', reason: /more than 20 %/ })
  const more = again.counters.deadLettered - status.counters.deadLettered
  t.ok(more > ENOUGH, `after ${more} more`)
})

t.test('SIGTERM drains a pipeline that has paused itself', async (t) => {
  const { run, status } = await paused(t)
  run.signal('SIGTERM')
  t.match(await run.ended, { code: 0 })
  const { read, deadLettered } = run.summary
  t.match(run.summary, { outcome: 'drained', delivered: 0, returned: 0 })
  t.equal(deadLettered, read)
  t.ok(read < 1_000_000, 'nothing more was read')
  t.ok(deadLettered >= status.counters.deadLettered)
})

t.test('stop --now gives what a paused pipeline has in flight back to the source', async (t) => {
  const { run, status } = await paused(t)
  await command(run, 'stop', '--now')
  t.match(await run.ended, { code: 75 })
  const { counters } = status
  t.match(run.summary, { deadLettered: counters.deadLettered, returned: counters.inFlight })
  t.ok(counters.inFlight > 0)
})
