import { appendFileSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { fixture, linesIn } from '../pipeline-run.js'
import { Series } from '../series.js'

const linesFrom = (first: number, to: number) =>
  Array.from({ length: to - first }, (_, i) => String(first + i))
const textOf = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('')
const sorted = (lines: readonly string[]) => [...lines].sort()
const exclaimed = (lines: readonly string[]) => sorted(lines.map((line) => `${line}!`))

function fileToFile(t: Test, count: number): Series {
  const worker = fixture('workers/note-and-stumble.mjs')
  const series = new Series(t, ['--from', 'file:input', '--worker', worker, '--to', 'file:output'])
  writeFileSync(series.path('input'), textOf(linesFrom(0, count)))
  return series
}

t.test('behind a finished run from file to file,', async (t) => {
  const series = fileToFile(t, 500)
  await series.run(0)

  await t.test(
    'a finished run that is started again says so, does nothing twice and exits with 0',
    async (t) => {
      t.ok(series.checkpoint.finished)
      const before = ['output', 'handled'].map((name) => series.text(name))
      const again = await series.run(0)
      t.match(again.eventsOf('pipelineStarted'), [
        { resumesFrom: /behind record 500, where an earlier run finished .*--fresh/ },
      ])
      t.match(again.summary, {
        outcome: 'finished',
        read: 0,
        delivered: 0,
        total: { read: 500, delivered: 500 },
      })
      t.same(
        ['output', 'handled'].map((name) => series.text(name)),
        before,
      )
      t.ok(series.checkpoint.finished, 'and so it is the next time')
    },
  )

  await t.test('of a file that has grown since a finished run only what is new is read', async (t) => {
    appendFileSync(series.path('input'), textOf(linesFrom(500, 700)))
    const again = await series.run(0)
    t.match(again.summary, { outcome: 'finished', read: 200, delivered: 200, total: { read: 700 } })
    t.same(sorted(linesIn(series.path('handled'))), sorted(linesFrom(0, 700)))
    t.same(sorted(linesIn(series.path('output'))), exclaimed(linesFrom(0, 700)))
  })

  await t.test('--fresh begins again, and replaces the output instead of adding to it', async (t) => {
    const fresh = await series.run(0, ['--fresh'])
    t.match(fresh.eventsOf('pipelineStarted'), [{ resumesFrom: /beginning of the source/ }])
    t.match(fresh.summary, { read: 700, total: { read: 700, delivered: 700 } })
    t.same(sorted(linesIn(series.path('output'))), exclaimed(linesFrom(0, 700)))
  })
})

t.test('a finished generator that is started again does nothing twice', async (t) => {
  const writer = fixture('writers/thousands.mjs')
  const series = new Series(t, [
    ...['--from', writer, '--worker', fixture('workers/same.mjs'), '--to', 'file:output'],
  ])
  await series.run(0)
  const before = series.text('output')
  const again = await series.run(0)
  t.match(again.summary, { outcome: 'finished', read: 0, total: { read: 2000, delivered: 2000 } })
  t.equal(series.text('output'), before)
})

t.test('--limit 100 twice does the first hundred records, and then the second', async (t) => {
  const series = fileToFile(t, 1000)
  for (const end of [100, 200]) {
    const run = await series.run(0, ['--limit', '100'])
    t.match(run.summary, { read: 100, delivered: 100, returned: 0, total: { read: end } })
    t.same(sorted(linesIn(series.path('output'))), exclaimed(linesFrom(0, end)))
    t.notOk(series.checkpoint.finished, 'the source has more')
  }
  const rest = await series.run(0)
  t.match(rest.summary, { read: 800, total: { read: 1000, delivered: 1000 } })
  t.same(sorted(linesIn(series.path('handled'))), sorted(linesFrom(0, 1000)))
})

t.test('a drained run is taken up where it stopped, with nothing lost or handled twice', async (t) => {
  const series = fileToFile(t, 10_000)
  const run = series.start(['--in-queue', '200'])
  await series.untilSettled(run, 300)
  run.signal('SIGTERM')
  t.match(await run.ended, { code: 0 })
  const { outcome, read } = run.summary
  t.equal(outcome, 'drained')
  t.ok(read < 10_000, `it stopped behind ${read} records`)
  t.match(series.checkpoint, { place: read, settledBeyond: [], inFlight: 0, finished: false })
  writeFileSync(series.path('gate'), '')
  const rest = await series.run(0)
  t.match(rest.summary, { outcome: 'finished', read: 10_000 - read, total: { read: 10_000 } })
  t.same(sorted(linesIn(series.path('handled'))), sorted(linesFrom(0, 10_000)))
  t.same(sorted(linesIn(series.path('output'))), exclaimed(linesFrom(0, 10_000)))
})
