import { writeFileSync } from 'node:fs'
import t from 'tap'
import { fixture, linesIn, PipelineRun } from '../pipeline-run.js'
import { temporaryFolder } from '../temporary-folder.js'

const same = fixture('workers/same.mjs')

interface Refusal {
  readonly what: string
  readonly args: readonly string[]
  readonly exit: number
  readonly error: RegExp
}

/** Refused before anything is forked: one line for a person, and nothing else. */
const refusals: Refusal[] = [
  {
    what: 'an unknown flag',
    args: ['--from', 'count:1', '--worker', same, '--in-que', '5'],
    exit: 2,
    error: /^millrace: unknown option `--in-que`; did you mean `--in-queue`\?/,
  },
  {
    what: 'a bad value in a flag',
    args: ['--from', 'count:1', '--worker', same, '--in-queue', 'many'],
    exit: 2,
    error: /^millrace: --in-queue must be a whole number of at least 1, not 'many'/,
  },
  {
    what: 'a bad value in a configuration file',
    args: [fixture('bad-value.config.mjs')],
    exit: 78,
    error: /^millrace: `inQueue` in .*bad-value\.config\.mjs must be a whole number of at least 1, not 0/,
  },
  {
    what: 'a worker that is not there',
    args: ['--from', 'count:1', '--worker', 'missing.mjs'],
    exit: 78,
    error: /missing\.mjs/,
  },
]

for (const { what, args, exit, error } of refusals) {
  t.test(`${what} is one clear error and exit code ${exit}`, async (t) => {
    const run = new PipelineRun(t, args, { logLevel: 'info' })
    t.match(await run.ended, { code: exit })
    t.match(run.said, error)
    t.notMatch(run.said, /\n {4}at /, 'without a stack')
  })
}

t.test('a missing input file is one clear error and exit code 78', async (t) => {
  const run = new PipelineRun(t, ['--from', 'file:missing.log', '--worker', same, '--to', 'null:'])
  t.match(await run.ended, { code: 78 })
  t.match(run.eventsOf('pipelineFailed'), [
    { code: 'source_missing', error: /Cannot read .*missing\.log: there is no such file\. Check the path/ },
  ])
})

t.test('an output folder that is not there is one clear error and exit code 78', async (t) => {
  const run = new PipelineRun(t, ['--from', 'count:9', '--worker', same, '--to', 'file:no/such/folder/out'])
  t.match(await run.ended, { code: 78 })
  t.match(run.eventsOf('pipelineFailed'), [
    {
      code: 'sink_unwritable',
      error: /Cannot write to .*out: the folder .*folder does not exist\. Create it/,
    },
  ])
  t.match(run.summary, { outcome: 'failed', delivered: 0 })
})

t.test('a value that cannot be encoded is a dead letter that says why (writer)', async (t) => {
  const run = new PipelineRun(t, [
    ...['--from', fixture('writers/yield-function.mjs'), '--worker', same, '--to', 'stdout:'],
    ...['--dead-letter-to', 'dead.ndjson'],
  ])
  t.match(await run.ended, { code: 0 })
  t.same(run.results.sort(), ['1', '3'])
  t.match(run.summary, { read: 3, delivered: 2, deadLettered: 1 })
  const [letter] = linesIn(run.path('dead.ndjson')).map((line) => JSON.parse(line))
  t.match(letter, { id: '1', stage: 'writer', error: { name: 'record_not_encodable', message: /function/ } })
})

t.test('a result that cannot be encoded is a dead letter that says why (worker)', async (t) => {
  const run = new PipelineRun(t, [
    ...['--from', 'count:6', '--worker', fixture('workers/return-function.mjs'), '--to', 'stdout:'],
    ...['--dead-letter-to', 'dead.ndjson'],
  ])
  t.match(await run.ended, { code: 0 })
  t.same(run.results.sort(), ['0', '1', '2', '4', '5'])
  t.match(run.summary, { read: 6, delivered: 5, deadLettered: 1, retried: 0 })
  const [letter] = linesIn(run.path('dead.ndjson')).map((line) => JSON.parse(line))
  t.match(letter, {
    id: 'count:3',
    value: 3,
    stage: 'worker',
    error: { name: 'record_not_encodable', message: /function/ },
  })
})

t.test('a record above maxRecord is a dead letter without its value', async (t) => {
  const run = new PipelineRun(
    t,
    ['--worker', same, '--max-record', '1kb', '--dead-letter-to', 'dead.ndjson'],
    { input: `short\n${'x'.repeat(5000)}\nalso short\n` },
  )
  t.match(await run.ended, { code: 0 })
  t.same(run.results.sort(), ['also short', 'short'])
  t.match(run.summary, { read: 3, delivered: 2, deadLettered: 1 })
  const [letter] = linesIn(run.path('dead.ndjson')).map((line) => JSON.parse(line))
  t.match(letter, { id: 'stdin@6', error: { name: 'record_too_large', message: /5000 bytes.*1024/ } })
  t.notOk('value' in letter)
})

t.test('a dead letter that cannot be kept fails the run, and its record is given back', async (t) => {
  const run = new PipelineRun(t, [
    ...['--from', 'count:6', '--worker', fixture('workers/return-function.mjs'), '--to', 'stdout:'],
    ...['--dead-letter-to', fixture('workers/same.mjs/dead.ndjson')],
  ])
  t.match(await run.ended, { code: 1 })
  t.match(run.eventsOf('pipelineFailed'), [
    { code: 'deadletter_unwritable', error: /cannot be written.*Make room/ },
  ])
  const { read, delivered, returned } = run.summary
  t.match(run.summary, { outcome: 'failed', deadLettered: 0 })
  t.ok(returned >= 1)
  t.equal(read, delivered + returned)
  t.same(run.eventsOf('recordDeadLettered'), [])
})

t.test('a state folder that cannot be written is refused before anything is read', async (t) => {
  const file = `${temporaryFolder(t)}/file`
  writeFileSync(file, '')
  const run = new PipelineRun(
    t,
    ['--from', 'count:6', '--worker', same, '--to', 'stdout:', '--state-dir', `${file}/state`],
    { logLevel: 'info' },
  )
  t.match(await run.ended, { code: 78 })
  t.match(run.said, /^millrace: the state folder .*file\/state cannot be written: .*--state-dir/)
  t.notMatch(run.said, /\n {4}at /, 'without a stack')
  t.same(run.results, [])
})
