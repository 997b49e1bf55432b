import t, { type Test } from 'tap'
import { fixture, linesIn, type PipelineRun } from '../pipeline-run.js'
import { Series } from '../series.js'

const RECORDS = 2000
const numbers = Array.from({ length: RECORDS }, (_, i) => i)

/** A short in-queue, so that the source has not been read to its end when the primary is killed. */
const seriesFrom = (t: Test, source: string) =>
  new Series(t, [
    ...['--from', source, '--worker', fixture('workers/take-time.mjs'), '--to', 'file:output'],
    ...['--in-queue', '100'],
  ])

const slow = { TAKES_MS: '2', EDITION: 'first' }
const fast = { TAKES_MS: '0', EDITION: 'first' }

/** Kills a primary that has settled some records. */
async function killOnTheWay(series: Series): Promise<PipelineRun> {
  const run = series.start([], { env: slow })
  await series.untilSettled(run, 300)
  await series.kill(run)
  return run
}

async function expectTheRest(t: Test, series: Series): Promise<PipelineRun> {
  const settled = series.settledCount
  const run = await series.run(0, [], { env: fast })
  t.match(run.summary, { outcome: 'finished', read: RECORDS - settled, delivered: RECORDS - settled })
  t.match(run.summary.total, { read: RECORDS, delivered: RECORDS })
  return run
}

const delivered = (series: Series) => linesIn(series.path('output')).sort((a, b) => Number(a) - Number(b))

for (const [what, source] of [
  ['a generator', fixture('writers/thousands.mjs')],
  ['count:N', `count:${RECORDS}`],
] as const) {
  t.test(
    `${what} is taken up by count after the primary was killed, with nothing lost or doubled`,
    async (t) => {
      const series = seriesFrom(t, source)
      await killOnTheWay(series)
      t.equal(series.checkpoint.source.kind, 'counted')
      await expectTheRest(t, series)
      t.same(delivered(series), numbers.map(String))
    },
  )
}

t.test(
  'a generator that yields something else after a restart fails the run and changes nothing',
  async (t) => {
    const series = seriesFrom(t, fixture('writers/by-edition.mjs'))
    const first = series.start([], { env: slow })
    await series.untilSettled(first, 300)
    first.signal('SIGTERM')
    t.match(await first.ended, { code: 0 })
    const before = [series.text('output'), series.checkpointText]
    const other = await series.run(78, [], { env: { ...fast, EDITION: 'second' } })
    t.match(other.eventsOf('pipelineFailed'), [
      { code: 'source_changed', error: /by-edition\.mjs does not yield what it yielded before.*--fresh/ },
    ])
    t.match(other.summary, { outcome: 'failed', read: 0 })
    t.same([series.text('output'), series.checkpointText], before)
    await expectTheRest(t, series)
    t.same(linesIn(series.path('output')).sort(), numbers.map((number) => `first ${number}`).sort())
  },
)

t.test('a writer with positions is given the position of the checkpoint', async (t) => {
  const series = seriesFrom(t, fixture('writers/positioned.mjs'))
  await killOnTheWay(series)
  const { kind, position } = { ...series.checkpoint.source, ...series.checkpoint }
  t.equal(kind, 'positioned')
  const { own } = JSON.parse(position!) as { own: number }
  const last = await expectTheRest(t, series)
  const begun = last.lines.filter(({ msg }) => msg === 'the writer begins').map((line) => line.position)
  t.same(begun, [own])
  t.ok(own > 0, `it began at ${own}`)
  t.same(delivered(series), numbers.map(String))
})

t.test(
  'a source is told what is settled only when a checkpoint has it, and is told everything',
  async (t) => {
    const series = seriesFrom(t, fixture('writers/note-commits.mjs'))
    await killOnTheWay(series)
    await expectTheRest(t, series)
    const commits = linesIn(series.path('commits')).map(
      (line) => JSON.parse(line) as { committed: number; noted: number },
    )
    t.same(
      commits.filter(({ committed, noted }) => committed > noted),
      [],
      'none is ahead of the checkpoint',
    )
    t.ok(commits.length > 2, `there were ${commits.length} commits`)
    t.equal(commits.at(-1)?.committed, RECORDS, 'the last one is of the end')
    t.same(delivered(series), numbers.map(String))
  },
)
