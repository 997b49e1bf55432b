import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { fixture, linesIn, PipelineRun } from '../pipeline-run.js'
import { temporaryFolder } from '../temporary-folder.js'

const tenThrough = (worker: string, ...more: string[]) => [
  ...['--from', 'count:10', '--worker', fixture(`workers/${worker}`), '--to', 'stdout:', '--workers', '2'],
  ...['--retry-attempts', '3', '--retry-backoff', '20ms', ...more],
]

t.test('a record that fails for good is kept with its cause, and the others are delivered', async (t) => {
  const run = new PipelineRun(t, [...tenThrough('fail-at-seven.mjs'), '--dead-letter-to', 'dead.ndjson'])
  t.match(await run.ended, { code: 0 })
  t.same(run.results.map(Number).sort(), [0, 1, 2, 3, 4, 5, 6, 8, 9])
  t.match(run.summary, { read: 10, delivered: 9, deadLettered: 1, retried: 2, returned: 0 })
  const file = run.path('dead.ndjson')
  const letters = linesIn(file).map((line) => JSON.parse(line))
  t.match(letters, [
    {
      id: 'count:7',
      value: 7,
      stage: 'worker',
      attempts: 3,
      error: { name: 'RangeError', message: 'no sevens, not in attempt 3', stack: /fail-at-seven\.mjs/ },
    },
  ])
  t.equal(statSync(file).mode & 0o777, 0o600, 'the file is private to the user')
  t.match(run.eventsOf('recordDeadLettered'), [{ id: 'count:7', attempts: 3, to: file }])
})

t.test('a retry comes after a wait that grows', async (t) => {
  const run = new PipelineRun(t, [
    ...tenThrough('fail-at-seven.mjs', '--retry-attempts', '4', '--retry-factor', '3'),
  ])
  await run.ended
  const waits = run.eventsOf('recordRetried').map(({ inMs }) => inMs)
  t.equal(waits.length, 3)
  // Up to half of each wait is jitter.
  for (const [i, full] of [20, 60, 180].entries()) t.ok(waits[i]! >= full / 2 && waits[i]! <= full)
})

t.test('a record that fails once is delivered by its second attempt', async (t) => {
  const run = new PipelineRun(t, tenThrough('fail-once-at-seven.mjs'))
  t.match(await run.ended, { code: 0 })
  t.equal(run.results.length, 10)
  t.ok(run.results.includes('7 in attempt 2'))
  t.match(run.summary, { delivered: 10, deadLettered: 0, retried: 1 })
})

t.test('process.exit(0) in a handler is a crash: its records go to another worker', async (t) => {
  const run = new PipelineRun(
    t,
    [
      ...['--from', 'count:2000', '--worker', fixture('workers/exit-once-at-500.mjs'), '--to', 'stdout:'],
      ...['--workers', '2'],
    ],
    { env: { EXITED: join(temporaryFolder(t), 'exited') } },
  )
  t.match(await run.ended, { code: 0 })
  t.same(
    run.results.map(Number).sort((a, b) => a - b),
    Array.from({ length: 2000 }, (_, i) => i),
  )
  t.match(run.summary, { delivered: 2000, restarts: { worker: 1, writer: 0, sender: 0 } })
  const crashes = run.eventsOf('processExited').filter(({ planned }) => !planned)
  t.match(crashes, [{ exit: { code: 0 }, returned: Number }])
  t.ok(crashes[0]!.returned > 0)
})

t.test('a handler that returns undefined is told the fix, once for each record', async (t) => {
  const run = new PipelineRun(t, [...tenThrough('return-nothing.mjs'), '--dead-letter-to', 'dead.ndjson'])
  t.match(await run.ended, { code: 0 })
  t.match(run.summary, { delivered: 0, deadLettered: 10, retried: 0 })
  const [letter] = linesIn(run.path('dead.ndjson')).map((line) => JSON.parse(line))
  t.match(
    letter.error.message,
    /returned undefined: return the result, `ctx\.drop` .*, or leave `sender` out/,
  )
})

t.test('without a sender, returning nothing means done', async (t) => {
  const run = new PipelineRun(t, [fixture('no-sender.config.mjs'), '--state-dir', 'state'])
  t.match(await run.ended, { code: 0 })
  t.match(run.summary, { read: 100, delivered: 100, deadLettered: 0, results: 0 })
  t.match(JSON.parse(readFileSync(run.path('state/summary.json'), 'utf8')), { outcome: 'finished' })
})
