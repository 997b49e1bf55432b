import t from 'tap'
import { fixture, linesIn, PipelineRun } from '../pipeline-run.js'

const same = fixture('workers/same.mjs')

t.test('everything that a live writer had yielded before it threw is delivered', async (t) => {
  const run = new PipelineRun(t, [
    ...['--from', fixture('writers/live-then-throw.mjs'), '--worker', same, '--workers', '2'],
    ...['--to', 'file:out.txt', '--in-queue', '5000'],
  ])
  t.equal((await run.ended).code, 1)
  t.equal(linesIn(run.path('out.txt')).length, 3000, run.said)
})

t.test('a sink that cannot be closed is a failure, although everything was delivered to it', async (t) => {
  const run = new PipelineRun(t, [
    ...['--from', 'count:20', '--worker', same, '--workers', '1'],
    ...['--to', fixture('senders/die-in-teardown.mjs')],
  ])
  t.equal((await run.ended).code, 1)
  t.match(run.eventsOf('pipelineFailed'), [{ code: 'sink_not_closed' }])
  t.match(run.summary, { outcome: 'failed', delivered: 20 })
})

t.test('a sink whose state cannot be told is a crash of the sender, and never a hang', async (t) => {
  const run = new PipelineRun(t, [
    ...['--from', 'count:500', '--worker', same, '--workers', '1'],
    ...['--to', fixture('senders/throw-in-state.mjs'), '--restart-intensity', '2'],
  ])
  t.equal((await run.ended).code, 1)
  t.match(run.eventsOf('pipelineFailed'), [{ code: 'restart_budget_spent', error: /no state today/ }])
})

t.test('a pipeline that cannot boot reads nothing', async (t) => {
  const worker = fixture('workers/throw-in-setup.mjs')
  const run = new PipelineRun(t, ['--from', 'count:5000', '--worker', worker, '--to', 'null:'])
  t.equal((await run.ended).code, 1)
  t.equal(run.summary.read, 0)
})

t.test(
  'after fast records, slow ones are shared as evenly as if they had been slow from the start',
  async (t) => {
    const run = new PipelineRun(t, [
      ...['--from', 'count:40012', '--worker', fixture('workers/slow-from-40000.mjs'), '--workers', '3'],
      ...['--to', 'file:out.txt'],
    ])
    t.equal((await run.ended).code, 0, run.said)
    const slow = linesIn(run.path('out.txt')).filter((line) => line.startsWith('slow'))
    const byWorker = [1, 2, 3].map((worker) => slow.filter((line) => line.endsWith(` ${worker}`)).length)
    t.equal(slow.length, 12)
    t.ok(Math.max(...byWorker) <= 8, `${byWorker} of 12`)
    t.ok(Math.min(...byWorker) >= 1, `${byWorker} of 12`)
  },
)
