import { writeFileSync } from 'node:fs'
import t from 'tap'
import { command } from '../command.js'
import { sortedNumbersIn, upTo } from '../delivered.js'
import { fixture, PipelineRun } from '../pipeline-run.js'
import { Series } from '../series.js'

const counted = (records: number, rate: string) => [
  ...['--from', `count:${records}`, '--worker', fixture('workers/same.mjs'), '--to', 'stdout:'],
  ...['--rate', rate, '--workers', '2', '--name', 'mill'],
]

const inOrder = (run: PipelineRun) => run.results.map(Number).sort((a, b) => a - b)

t.test('no more records begin in a second than the rate says', async (t) => {
  const run = new PipelineRun(t, counted(200, '200/s'))
  t.match(await run.ended, { code: 0 })
  t.match(run.summary, { read: 200, delivered: 200 })
  t.ok(run.summary.seconds >= 0.8, `200 records at 200/s took ${run.summary.seconds} s`)
  t.same(inOrder(run), upTo(200))
})

t.test('a limit on the rate that is taken back lets everything through', async (t) => {
  // At this rate they would take an hour.
  const run = new PipelineRun(t, counted(36_000, '10/s'))
  await run.until(() => run.results.length > 0, 'a first result')
  t.match(JSON.parse(await command(run, 'rate', 'none', '--json')), { name: 'mill', perSecond: null })
  t.match(await run.ended, { code: 0 })
  t.same(inOrder(run), upTo(36_000))
})

t.test(
  'with a limit exactly so many records are read, and the next run reads those that follow',
  async (t) => {
    const series = new Series(t, [
      ...['--from', 'file:input', '--to', 'file:output', '--worker', fixture('workers/same.mjs')],
    ])
    writeFileSync(series.path('input'), upTo(5000).join('\n').concat('\n'))
    const first = await series.run(0, ['--limit', '1234'])
    t.match(first.summary, { read: 1234, delivered: 1234, returned: 0 })
    t.same(sortedNumbersIn(series.path('output')), upTo(1234))

    const second = await series.run(0, ['--limit', '1'])
    t.match(second.summary, { read: 1, delivered: 1 })
    t.same(sortedNumbersIn(series.path('output')), upTo(1235))

    const third = await series.run(0)
    t.match(third.summary, { outcome: 'finished', read: 3765, delivered: 3765, total: { read: 5000 } })
    t.same(sortedNumbersIn(series.path('output')), upTo(5000))
  },
)
