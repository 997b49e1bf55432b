import { statSync } from 'node:fs'
import t, { type Test } from 'tap'
import { readCheckpoint } from '../../src/primary/state/checkpoint-file.js'
import { sortedNumbersIn, upTo } from '../delivered.js'
import { statusUntil } from '../from-outside.js'
import { fixture, PipelineRun } from '../pipeline-run.js'
import { eventually } from '../processes.js'

/** Milliseconds for what should take far less; a busy machine gets them. */
const LONG = 60_000

const lengthOf = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + `${each}\n`.length, 0)

interface Stuck {
  readonly records?: number
  /** Records that never come back. */
  readonly hangs: readonly number[]
  readonly args: readonly string[]
}

/** Runs a pipeline until all records but the stuck ones are delivered, and then stops it. */
async function expectOthersDelivered(t: Test, { records = 6000, hangs, args }: Stuck): Promise<void> {
  const run = new PipelineRun(
    t,
    [
      ...['--from', `count:${records}`, '--worker', fixture('workers/hang-at.mjs'), '--to', 'file:out.txt'],
      ...['--workers', '2', '--shutdown-timeout', '100ms', '--name', 'mill', ...args],
    ],
    { env: { HANGS: String(hangs) } },
  )
  const out = run.path('out.txt')
  const others = upTo(records, hangs)
  const complete = () => (statSync(out, { throwIfNoEntry: false })?.size ?? 0) === lengthOf(others)
  t.ok(await eventually(complete, LONG), 'all others are delivered while they hang')
  const { counters } = await statusUntil(run, ({ counters }) => counters.delivered === others.length)
  t.match(counters, { read: records, inFlight: hangs.length })

  run.signal('SIGTERM')
  t.match(await run.ended, { code: 75 })
  t.match(run.summary, { outcome: 'stopped', delivered: others.length, returned: hangs.length })
  t.same(run.summary.restarts, { writer: 0, worker: 0, sender: 0 })
  t.same(sortedNumbersIn(out), others, 'each of the others once')
  const checkpoint = await readCheckpoint(run.path('.millrace/mill'))
  t.match(checkpoint?.total, { delivered: others.length }, 'and no other run will do them again')
}

const small = ['--in-queue', '100', '--out-queue', '100']
const tiny = ['--in-queue', '10', '--out-queue', '10']
const tinyOut = ['--out-queue', '30']

for (const concurrency of ['1', '20']) {
  for (const [what, queues] of Object.entries({ 'large queues': [], 'queues of 100': small })) {
    t.test(`a stuck record holds up nothing but itself (${concurrency} at once, ${what})`, (t) =>
      expectOthersDelivered(t, { hangs: [2000], args: ['--concurrency', concurrency, ...queues] }),
    )
  }
}

for (const [what, args] of Object.entries({ 'queues of 10': tiny, 'an out-queue of 30': tinyOut })) {
  t.test(`a worker that was fast and is stuck does not keep the room for results (${what})`, (t) =>
    expectOthersDelivered(t, { hangs: [4000], args }),
  )
}

t.test('stuck records that are most of what the in-queue holds do not hold up the others', (t) =>
  expectOthersDelivered(t, {
    records: 2000,
    hangs: Array.from({ length: 15 }, (_, i) => 100 + i * 10),
    args: ['--concurrency', '20', '--in-queue', '20'],
  }),
)
