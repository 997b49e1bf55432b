import { writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { lettersIn, sortedNumbersIn, upTo } from '../delivered.js'
import { fixture, PipelineRun, type RunOptions } from '../pipeline-run.js'

// They mostly wait.
t.jobs = 3
const together = { buffered: true }

const through = (worker: string, ...more: readonly string[]) => [
  ...['--worker', fixture(`workers/${worker}`), '--to', 'file:out.txt', '--dead-letter-to', 'dead.ndjson'],
  ...['--retry-backoff', '10ms', '--restart-backoff', '10ms', ...more],
]

/** A run in which record 500 hangs and `count` - 1 others do not, with a timeout of half a second. */
function hanging(
  t: Test,
  count: number,
  env: NonNullable<RunOptions['env']>,
  ...more: readonly string[]
): PipelineRun {
  const args = ['--from', `count:${count}`, '--workers', '2', '--timeout', '500ms', ...more]
  return new PipelineRun(t, through('hang-at-500.mjs', ...args), { env })
}

/** Expects that record 500 was given up, and every other delivered once, in the first attempt. */
function expectOnlyOneGivenUp(t: Test, run: PipelineRun, count: number): void {
  t.match(run.summary, { read: count, delivered: count - 1, deadLettered: 1 })
  t.same(sortedNumbersIn(run.path('out.txt')), upTo(count, [500]), 'every other record is delivered once')
  const retried = run.eventsOf('recordRetried').filter(({ id }) => id !== 'count:500')
  t.same(retried, [], 'and no other was tried again')
}

/** Expects that workers were killed for record 500 so many times, and nobody died otherwise. */
function expectKills(t: Test, run: PipelineRun, kills: number): void {
  const deaths = run.eventsOf('processExited').filter(({ planned }) => !planned)
  const hung = run.eventsOf('workerHung')
  t.equal(hung.length, kills)
  t.same(
    deaths.map(({ pid }) => pid),
    hung.map(({ pid }) => pid),
    'nobody but the killed has ended',
  )
  for (const { exit, returned } of deaths) {
    t.match(exit, { signal: 'SIGKILL' })
    t.ok(returned > 0, 'it fell while records were in flight')
  }
}

t.test('a handler that heeds its AbortSignal costs no worker', together, async (t) => {
  const run = hanging(t, 2000, { HANG: 'heed' }, '--retry-attempts', '2')
  t.match(await run.ended, { code: 0 }, run.said)
  expectOnlyOneGivenUp(t, run, 2000)
  expectKills(t, run, 0)
  t.match(run.eventsOf('recordRetried'), [{ id: 'count:500', attempt: 1, error: 'took longer than 500 ms' }])
  t.match(lettersIn(run.path('dead.ndjson')), [
    {
      id: 'count:500',
      stage: 'worker',
      attempts: 2,
      error: { name: 'TimeoutError', message: 'took longer than 500 ms' },
    },
  ])
})

t.test('a record is delivered whose handler is late, and answers when it is told', together, async (t) => {
  const run = hanging(t, 2000, { HANG: 'answer' })
  t.match(await run.ended, { code: 0 }, run.said)
  t.match(run.summary, { read: 2000, delivered: 2000, retried: 0, restarts: { worker: 0 } })
  t.same(sortedNumbersIn(run.path('out.txt')), upTo(2000))
})

t.test('a handler that ignores its AbortSignal loses its worker, for one death each', together, async (t) => {
  const run = hanging(t, 2000, { HANG: 'ignore' }, '--retry-deaths', '2')
  t.match(await run.ended, { code: 0 }, run.said)
  expectOnlyOneGivenUp(t, run, 2000)
  expectKills(t, run, 2)
  t.equal(run.summary.retried, 0)
  const along = run.eventsOf('workerHung').map(({ process }) => process)
  t.match(lettersIn(run.path('dead.ndjson')), [
    {
      id: 'count:500',
      stage: 'worker',
      attempts: 1,
      error: {
        name: 'TimeoutError',
        message: `took longer than 0.5 s; its worker was killed; it has taken 2 workers along: ${along.join(', ')}`,
      },
    },
  ])
})

t.test('a handler in an endless loop loses its worker, and its letter says where', together, async (t) => {
  const run = hanging(t, 2000, { HANG: 'loop' }, '--retry-deaths', '1')
  t.match(await run.ended, { code: 0 }, run.said)
  expectOnlyOneGivenUp(t, run, 2000)
  expectKills(t, run, 1)
  t.match(lettersIn(run.path('dead.ndjson')), [
    { id: 'count:500', error: { name: 'TimeoutError', stack: /turnForEver .*hang-at-500\.mjs:\d+/ } },
  ])
})

t.test('one of 20 records at once that hangs takes none of the others along', together, async (t) => {
  const run = hanging(
    t,
    5000,
    { HANG: 'ignore', TAKES_MS: '20' },
    ...['--concurrency', '20', '--retry-deaths', '1'],
  )
  t.match(await run.ended, { code: 0 }, run.said)
  expectOnlyOneGivenUp(t, run, 5000)
  expectKills(t, run, 1)
  const [death] = run.eventsOf('processExited')
  t.ok(death!.returned > 1, 'others were at work there')
  t.match(lettersIn(run.path('dead.ndjson')), [{ id: 'count:500', error: { name: 'TimeoutError' } }])
})

t.test('without a timeout, a record that takes over 10 seconds is warned about', together, async (t) => {
  const run = new PipelineRun(t, through('tell-and-wait-at-500.mjs', '--from', 'count:2000'))
  const { id, seconds, process } = await run.event('recordSlow')
  t.equal(id, 'count:500')
  t.ok(seconds >= 10, `after ${seconds} s`)
  const [begun] = run.lines.filter(({ msg }) => msg === 'began 500')
  t.equal(process, begun!.process)
  writeFileSync(run.path('gate'), '')
  t.match(await run.ended, { code: 0 }, run.said)
  t.match(run.summary, { delivered: 2000, deadLettered: 0, restarts: { worker: 0 } })
  t.equal(run.eventsOf('recordSlow').length, 1, 'once')
})
