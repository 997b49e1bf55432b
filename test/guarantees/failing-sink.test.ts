import t, { type Test } from 'tap'
import { fixture, linesIn, PipelineRun } from '../pipeline-run.js'

const runInto = (t: Test, sender: string, ...more: string[]) =>
  new PipelineRun(t, [
    ...['--from', 'count:9', '--worker', fixture('workers/same.mjs'), '--workers', '1'],
    ...['--to', fixture(`senders/${sender}`), ...more],
  ])

t.test('what a sender rejects is kept with its reason, and the others are delivered', async (t) => {
  const run = runInto(t, 'reject-threes.mjs', '--dead-letter-to', 'dead.ndjson')
  t.match(await run.ended, { code: 0 })
  t.match(run.summary, { read: 9, delivered: 6, deadLettered: 3, results: 6 })
  const letters = linesIn(run.path('dead.ndjson')).map((line) => JSON.parse(line))
  t.match(letters, [
    { id: 'count:0', value: 0, stage: 'sender', error: { message: '0 is a multiple of three' } },
    { id: 'count:3', value: 3 },
    { id: 'count:6', value: 6 },
  ])
})

t.test('no record counts as given up whose letter could not be kept', async (t) => {
  const run = runInto(t, 'reject-threes.mjs', '--dead-letter-to', fixture('senders/nowhere.mjs/dead.ndjson'))
  t.match(await run.ended, { code: 1 })
  t.match(run.eventsOf('pipelineFailed')[0], { code: 'deadletter_unwritable' })
  const { read, delivered, deadLettered, returned } = run.summary
  t.equal(deadLettered, 0)
  t.ok(returned >= 1)
  t.equal(read, delivered + returned)
})

t.test(
  'a sink that fails is tried again until it works, and the pipeline says that it is blocked',
  async (t) => {
    const run = runInto(t, 'fail-at-first.mjs')
    t.match(await run.ended, { code: 0 })
    t.match(run.summary, { read: 9, delivered: 9, deadLettered: 0, restarts: { sender: 0 } })
    const states = run.eventsOf('stateChanged').map(({ state }) => state)
    t.same(states, ['running', 'blocked', 'running', 'finished'])
    t.match(run.eventsOf('stateChanged')[1], { reason: 'the sink fails: the database is away' })
  },
)
