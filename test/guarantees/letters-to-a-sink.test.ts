import t, { type Test } from 'tap'
import { command } from '../command.js'
import { fixture, linesIn, PipelineRun } from '../pipeline-run.js'

const oddsTo = (t: Test, sink: string, ...more: readonly string[]) =>
  new PipelineRun(t, [
    ...['--from', 'count:2000', '--worker', fixture('workers/reject-odd.mjs'), '--workers', '1'],
    ...['--to', 'stdout:', '--dead-letter-to', fixture(`senders/${sink}`)],
    ...['--dead-letter-pause-above', '100%', '--name', 'mill', ...more],
  ])

t.test('dead letters can go to any sink, whose sender may be killed without losing one', async (t) => {
  const run = oddsTo(t, 'append-letters.mjs')
  await run.until(() => run.eventsOf('recordDeadLettered').length >= 10, 'some letters')
  process.kill(run.pidOf('dead-letters'), 'SIGKILL')
  t.match(await run.ended, { code: 0 })
  const killed = run.eventsOf('processExited').find(({ process }) => process === 'dead-letters')
  t.match(killed, { exit: { signal: 'SIGKILL' } })
  t.match(run.summary, { read: 2000, delivered: 1000, deadLettered: 1000, returned: 0 })
  t.same(run.summary.restarts, { writer: 0, worker: 0, sender: 1 })

  const letters = linesIn(run.path('letters')).map((line) => JSON.parse(line))
  const odd = Array.from({ length: 1000 }, (_, index) => `count:${2 * index + 1}`)
  t.same(new Set(letters.map(({ of }) => of)), new Set(odd))
  t.match(letters[0], { id: 'count:1', value: 1, stage: 'worker', error: { message: '1 is odd' } })
})

t.test('no record counts as given up whose letter the sink rejects', async (t) => {
  const run = oddsTo(t, 'reject-all.mjs')
  t.match(await run.ended, { code: 1 })
  t.match(run.eventsOf('pipelineFailed')[0], { code: 'deadletter_unwritable', error: /no object is wanted/ })
  const { read, delivered, deadLettered, returned } = run.summary
  t.equal(deadLettered, 0)
  t.ok(returned >= 1)
  t.equal(read, delivered + returned)
})

t.test('while the sink of dead letters fails, the pipeline is blocked and says why', async (t) => {
  const run = oddsTo(t, 'fail-at-first.mjs')
  t.match(await run.ended, { code: 0 })
  t.match(run.summary, { delivered: 1000, deadLettered: 1000 })
  const blocked = run.eventsOf('stateChanged').find(({ state }) => state === 'blocked')
  t.match(blocked, { reason: 'the sink fails: the database is away' })
})

t.test('`millrace dead` says where dead letters are that a sink has', async (t) => {
  const run = oddsTo(t, 'append-letters.mjs', '--rate', '20/s', '--in-queue', '20')
  await run.event('recordDeadLettered')
  await t.rejects(
    command(run, 'dead', 'list', '--name', 'mill'),
    /exit code 1: .*dead letters go to .*append-letters\.mjs, so look there/,
  )
  run.signal('SIGTERM')
  t.match(await run.ended, { code: 0 })
})
