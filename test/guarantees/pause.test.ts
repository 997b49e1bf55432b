import t, { type Test } from 'tap'
import type { PauseReport, RestartReport, StatusReport } from '../../src/model/status.js'
import { command } from '../command.js'
import { fixture, PipelineRun } from '../pipeline-run.js'

async function underWay(t: Test) {
  const run = new PipelineRun(
    t,
    [
      ...['--from', 'count:1000000', '--worker', fixture('workers/take-time.mjs'), '--to', 'stdout:'],
      ...['--workers', '2', '--in-queue', '500', '--name', 'mill'],
    ],
    { env: { TAKES_MS: '1' } },
  )
  await run.until(() => run.results.length > 100, 'some results')
  const tell = async <Report>(...args: string[]): Promise<Report> => {
    return JSON.parse(await command(run, ...args, '--json'))
  }
  return { run, tell }
}

/** Resolves when all that was in hand at the pause is delivered. */
async function atRest(tell: (...args: string[]) => Promise<StatusReport>): Promise<StatusReport> {
  for (;;) {
    const status = await tell('status')
    const inHand = status.processes.some((process) => process.inHand > 0)
    if (!inHand && status.queues.out.size === 0) return status
  }
}

t.test('a paused pipeline finishes what is in hand, begins nothing, and goes on where it was', async (t) => {
  const { run, tell } = await underWay(t)
  t.match(await tell<PauseReport>('pause'), { state: 'paused', reason: 'asked to pause' })
  const rest = await atRest(tell)
  t.match(rest, { state: 'paused', reason: 'asked to pause' })
  t.ok(rest.counters.inFlight > 0, 'records wait in the in-queue')

  const report = await tell<RestartReport>('restart', 'worker:2')
  t.equal(report.newPid, run.pidOf('worker:2'), 'a worker can be replaced meanwhile')
  const { counters } = await tell<StatusReport>('status')
  t.equal(counters.delivered, rest.counters.delivered, 'and nothing was begun')

  t.match(await tell<PauseReport>('resume'), { state: 'running', reason: null })
  await run.until(() => run.results.length > counters.delivered, 'more results')
  await tell('stop')
  t.match(await run.ended, { code: 0 })
  t.match(run.summary, { outcome: 'drained', returned: 0, delivered: run.summary.read })
  t.same(
    run.results.map(Number).sort((a, b) => a - b),
    Array.from({ length: run.summary.read }, (_, i) => i),
  )
})

t.test('a drain ends a pause', async (t) => {
  const { run, tell } = await underWay(t)
  await tell('pause')
  run.signal('SIGTERM')
  t.match(await run.ended, { code: 0 })
  t.match(run.summary, { outcome: 'drained', returned: 0, delivered: run.summary.read })
  const states = run.eventsOf('stateChanged').map(({ state }) => state)
  t.same(states.slice(0, 3), ['running', 'paused', 'draining'])
})
