import { writeFileSync } from 'node:fs'
import t from 'tap'
import { lettersIn, upTo } from '../delivered.js'
import { statusUntil } from '../from-outside.js'
import { fixture, PipelineRun } from '../pipeline-run.js'

/** One worker that handles one record at a time: if a wait held it up, nothing else would be done. */
const through = (worker: string, count: number, ...more: readonly string[]) => [
  ...['--from', `count:${count}`, '--worker', fixture(`workers/${worker}`), '--workers', '1'],
  ...['--concurrency', '1', '--to', 'stdout:', '--dead-letter-to', 'dead.ndjson', ...more],
]

/** Every wait takes half an hour at least: no retry comes while a test runs. */
const never = ['--retry-backoff', '1h', '--retry-max-backoff', '1h']

const numbers = (run: PipelineRun) => run.results.map(Number).sort((a, b) => a - b)

t.test('a record that fails twice and then works is delivered, after waits that grow', async (t) => {
  const run = new PipelineRun(
    t,
    through('fail-twice-at-seven.mjs', 10, '--retry-backoff', '40ms', '--retry-factor', '4'),
  )
  t.match(await run.ended, { code: 0 }, run.said)
  t.equal(run.results.length, 10)
  t.ok(run.results.includes('7 in attempt 3'))
  t.match(run.summary, { delivered: 10, deadLettered: 0, retried: 2 })
  const retried = run.eventsOf('recordRetried')
  t.match(retried, [
    { id: 'count:7', attempt: 1, error: 'not in attempt 1' },
    { id: 'count:7', attempt: 2, error: 'not in attempt 2' },
  ])
  const [first, second] = retried.map(({ inMs }) => inMs) as [number, number]
  // Up to half of each wait is jitter.
  t.ok(first >= 20 && first <= 40 && second >= 80 && second <= 160, `${first} and ${second} ms`)
})

t.test('a record that waits for its retry holds up no worker', async (t) => {
  const run = new PipelineRun(
    t,
    through('fail-at-seven.mjs', 5000, ...never, '--shutdown-timeout', '50ms', '--name', 'mill'),
  )
  await run.until(() => run.results.length === 4999, 'all others are delivered')
  const { counters } = await statusUntil(run, ({ counters }) => counters.inFlight === 1)
  t.match(counters, { read: 5000, delivered: 4999, waitingForRetry: 1 })
  run.signal('SIGTERM')
  t.match(await run.ended, { code: 75 }, 'nor may it hold up the end for longer than it has')
  t.same(numbers(run), upTo(5000, [7]))
  t.match(run.summary, { outcome: 'stopped', delivered: 4999, returned: 1, retried: 1 })
})

t.test('while many records are tried again and again, all others flow', async (t) => {
  const run = new PipelineRun(
    t,
    through(
      'fail-tens-until-opened.mjs',
      4000,
      ...['--retry-attempts', '1000000', '--retry-backoff', '200ms', '--retry-factor', '1'],
    ),
  )
  await run.until(() => run.results.length === 3600, 'all others are delivered')
  t.ok(run.results.every((number) => Number(number) % 10 !== 0))
  writeFileSync(run.path('gate'), '')
  t.match(await run.ended, { code: 0 }, run.said)
  t.same(numbers(run), upTo(4000))
  t.match(run.summary, { read: 4000, delivered: 4000, deadLettered: 0 })
  t.ok(run.summary.retried >= 400)
})

t.test('only so many records wait for a retry; then no more are read', async (t) => {
  const run = new PipelineRun(
    t,
    through(
      'throw-always.mjs',
      100_000,
      ...[...never, '--in-queue', '100', '--shutdown-timeout', '50ms', '--name', 'mill'],
    ),
  )
  const { bound } = await run.event('pipelineStarted')
  const { counters } = await statusUntil(
    run,
    ({ counters, processes }) =>
      counters.waitingForRetry >= bound.retries && processes.every(({ inHand }) => inHand === 0),
  )
  t.ok(counters.inFlight <= bound.records + bound.retries, `${counters.inFlight} in flight`)
  run.signal('SIGTERM')
  t.match(await run.ended, { code: 75 }, run.said)
  const { read, returned } = run.summary
  t.equal(returned, read, 'all of them are given back')
  t.ok(read <= bound.records + bound.retries, `${read} were read`)
})

t.test('what a handler rejects is given up at once, for the reason that it names', async (t) => {
  const run = new PipelineRun(t, through('reject-threes.mjs', 12))
  t.match(await run.ended, { code: 0 }, run.said)
  t.same(numbers(run), upTo(12, [0, 3, 6, 9]))
  t.match(run.summary, { delivered: 8, deadLettered: 4, retried: 0 })
  const letters = lettersIn(run.path('dead.ndjson'))
  t.match(
    letters,
    [0, 3, 6, 9].map((value) => ({
      ...{ id: `count:${value}`, value, stage: 'worker', attempts: 1 },
      error: { name: 'Reject', message: `${value} is a multiple of three` },
    })),
  )
})

t.test('`retryable` decides by its error whether a record is tried again', async (t) => {
  const run = new PipelineRun(t, through('retry-range-errors.mjs', 12, '--retry-backoff', '10ms'))
  t.match(await run.ended, { code: 0 }, run.said)
  t.same(numbers(run), upTo(12, [1, 4, 7, 10]))
  t.match(run.summary, { delivered: 8, deadLettered: 4, retried: 4 })
  const again = run.eventsOf('recordRetried').map(({ id }) => id)
  t.same(again.sort(), ['count:11', 'count:2', 'count:5', 'count:8'])
  t.match(
    lettersIn(run.path('dead.ndjson')),
    [1, 4, 7, 10].map((value) => ({ value, attempts: 1, error: { name: 'SyntaxError' } })),
  )
})
