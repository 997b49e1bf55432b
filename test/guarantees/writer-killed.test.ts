import t, { type Test } from 'tap'
import { killInFlight } from '../from-outside.js'
import { fixture, PipelineRun } from '../pipeline-run.js'

const numbers = Array.from({ length: 2000 }, (_, i) => i)

/** A run of a writer module; small queues keep the writer from being done before it is killed. */
const runOf = (t: Test, writer: string, ...more: string[]) =>
  new PipelineRun(
    t,
    [
      ...['--from', fixture(`writers/${writer}`), '--worker', fixture('workers/take-time.mjs')],
      ...['--to', 'stdout:', '--workers', '2', '--in-queue', '50', ...more],
    ],
    { env: { TAKES_MS: '1' } },
  )

async function killWriter(t: Test, run: PipelineRun, after: number): Promise<void> {
  await run.until(() => run.results.length >= after, `${after} results`)
  await killInFlight(t, run, 'writer')
}

async function killTwice(t: Test, run: PipelineRun): Promise<void> {
  await killWriter(t, run, 1)
  await killWriter(t, run, run.results.length + 200)
}

t.test('a generator that is killed is taken up where it was, with nothing lost or doubled', async (t) => {
  const run = runOf(t, 'thousands.mjs')
  await killTwice(t, run)
  t.match(await run.ended, { code: 0 })
  t.match(run.summary, { outcome: 'finished', read: 2000, delivered: 2000, restarts: { writer: 2 } })
  t.same(
    run.results.map(Number).sort((a, b) => a - b),
    numbers,
  )
})

t.test('a writer with positions is given the position of the last record accepted', async (t) => {
  const run = runOf(t, 'positioned.mjs')
  await killTwice(t, run)
  t.match(await run.ended, { code: 0 })
  t.match(run.summary, { outcome: 'finished', read: 2000, delivered: 2000, restarts: { writer: 2 } })
  t.same(
    run.results.map(Number).sort((a, b) => a - b),
    numbers,
  )
  const positions = run.lines.filter(({ msg }) => msg === 'the writer begins').map(({ position }) => position)
  t.match(positions, [0, Number, Number])
  t.ok(Number(positions[1]) > 0 && Number(positions[2]) > Number(positions[1]), `began at ${positions}`)
})

t.test('a generator that yields something else the second time fails the run', async (t) => {
  const run = runOf(t, 'changing.mjs')
  await killWriter(t, run, 1)
  t.match(await run.ended, { code: 78 })
  t.equal(run.summary.outcome, 'failed')
  t.equal(run.summary.delivered, run.summary.read, 'what was read is delivered')
  const [failed] = run.eventsOf('pipelineFailed')
  t.match(failed, { code: 'source_changed', error: /changing\.mjs does not yield what it yielded before/ })
  t.match(failed?.error, /Make it deterministic/)
})

t.test('the death of a live writer ends the run and says what may be missing', async (t) => {
  const run = runOf(t, 'live.mjs')
  await killWriter(t, run, 1)
  t.match(await run.ended, { code: 1 })
  t.match(run.summary, { outcome: 'failed', returned: 0 })
  t.equal(run.summary.delivered, run.summary.read, 'what was read is delivered')
  t.match(run.eventsOf('writerLost'), [{ mayBeMissing: 50 }])
  t.match(run.eventsOf('pipelineFailed'), [{ code: 'writer_lost', error: /onWriterLoss: 'continue'/ }])
})

t.test('with onWriterLoss: continue, a run goes on after the death of a live writer', async (t) => {
  const run = runOf(t, 'live.mjs', '--on-writer-loss', 'continue')
  await killWriter(t, run, 1)
  const first = run.pidOf('writer')
  await run.event('writerLost')
  await run.event('processReady', ({ process, pid }) => process === 'writer' && pid !== first)
  const before = run.results.length
  await run.until(() => run.results.length > before + 100, 'more results')
  run.signal('SIGTERM')
  t.match(await run.ended, { code: 0 })
  t.match(run.summary, { outcome: 'drained', restarts: { writer: 1 } })
})
