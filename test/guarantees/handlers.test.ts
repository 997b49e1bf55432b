import t, { type Test } from 'tap'
import { fixture, linesIn, PipelineRun } from '../pipeline-run.js'

const runOf = (t: Test, worker: string, ...more: string[]) =>
  new PipelineRun(t, ['--worker', fixture(`workers/${worker}`), '--to', 'stdout:', ...more])

const sorted = (lines: readonly string[]) => [...lines].sort()

t.test('ctx.drop drops a record, and the account says so', async (t) => {
  const run = runOf(t, 'drop-odd.mjs', '--from', 'count:10')
  t.match(await run.ended, { code: 0 })
  t.same(sorted(run.results), ['0', '2', '4', '6', '8'])
  t.match(run.summary, { read: 10, delivered: 5, dropped: 5, deadLettered: 0 })
})

for (const worker of ['repeat.mjs', 'repeat-later.mjs']) {
  t.test(`a generator has any number of results, all of one record (${worker})`, async (t) => {
    const run = runOf(t, worker, '--from', 'count:4')
    t.match(await run.ended, { code: 0 })
    t.same(sorted(run.results), ['1.1', '2.1', '2.2', '3.1', '3.2', '3.3'])
    t.match(run.summary, { read: 4, delivered: 3, dropped: 1, results: 6 })
  })
}

t.test('a handler of batches can drop and fail single items', async (t) => {
  const run = runOf(
    t,
    'batch.mjs',
    ...['--from', 'count:13', '--workers', '1', '--retry-attempts', '1'],
    ...['--dead-letter-to', 'dead.ndjson'],
  )
  t.match(await run.ended, { code: 0 })
  t.match(run.summary, { read: 13, delivered: 5, dropped: 4, deadLettered: 4 })
  const results = run.results.map((line) => JSON.parse(line))
  t.same(sorted(results.map(({ id }) => id)), ['count:0', 'count:12', 'count:3', 'count:6', 'count:9'])
  for (const { id, value } of results) t.equal(id, `count:${value}`)
  // 13 records make two full batches, and one that its time has filled.
  t.same(
    results.map(({ among }) => among),
    [5, 5, 5, 5, 3],
  )
  const letters = linesIn(run.path('dead.ndjson')).map((line) => JSON.parse(line))
  t.same(sorted(letters.map(({ error }) => error.message)), ['no 11', 'no 2', 'no 5', 'no 8'])
})

t.test('concurrency is how many calls a worker has open, and no more', async (t) => {
  for (const concurrency of [1, 4]) {
    const run = runOf(
      t,
      'count-calls.mjs',
      ...['--from', 'count:40', '--workers', '1', '--concurrency', String(concurrency)],
    )
    t.match(await run.ended, { code: 0 })
    t.equal(Math.max(...run.results.map(Number)), concurrency)
  }
})

t.test('CommonJS and TypeScript modules work like any other', async (t) => {
  const common = runOf(t, 'common.cjs', '--from', 'count:2')
  const typed = runOf(t, 'typed.ts', '--from', 'count:2')
  await Promise.all([common.ended, typed.ended])
  t.same(sorted(common.results), ['common 0', 'common 1'])
  t.same(sorted(typed.results), ['{"name":"number 0"}', '{"name":"number 1"}'])
})

t.test('setup comes before the first record, teardown after the last', async (t) => {
  const run = runOf(t, 'hooks.mjs', '--from', 'count:20', '--workers', '2')
  t.match(await run.ended, { code: 0 })
  for (const index of [1, 2]) {
    const said = run.lines.filter(({ process, stream }) => process === `worker:${index}` && stream)
    const words = said.map(({ msg }) => msg.split(' ')[0])
    t.equal(words[0], 'setup')
    t.equal(words.at(-1), 'teardown')
    t.same(new Set(words.slice(1, -1)).has('setup') || new Set(words.slice(1, -1)).has('teardown'), false)
  }
})

t.test('a handler sees id, key, headers, attempt, index, log and signal of its record', async (t) => {
  const run = runOf(
    t,
    'show-context.mjs',
    ...['--from', fixture('writers/marked.mjs'), '--workers', '1', '--retry-backoff', '10ms'],
  )
  t.match(await run.ended, { code: 0 })
  t.same(
    run.results.map((line) => JSON.parse(line)),
    [
      {
        value: 'apple',
        id: '0',
        key: 'fruit',
        headers: { colour: 'red' },
        attempt: 2,
        index: 1,
        aborted: false,
      },
    ],
  )
  const logged = run.lines.filter(({ marked }) => marked === 'apple')
  t.match(logged, [
    { process: 'worker:1', worker: 1, pid: run.pidOf('worker:1'), msg: 'from the handler' },
    { attempt: undefined },
  ])
})
