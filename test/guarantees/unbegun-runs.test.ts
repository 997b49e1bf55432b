import { existsSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { fixture, linesOf } from '../pipeline-run.js'
import { Series } from '../series.js'

const textOf = (prefix: string) => Array.from({ length: 1000 }, (_, i) => `${prefix} ${i}\n`).join('')
const INPUT = textOf('line')

/** A pipeline that has done the first hundred of a thousand lines. Its sink has no state to hold on to. */
async function interrupted(t: Test): Promise<Series> {
  const series = new Series(t, [
    ...['--from', 'file:input', '--worker', fixture('workers/same.mjs'), '--to', 'stdout:'],
  ])
  writeFileSync(series.path('input'), INPUT)
  await series.run(0, ['--limit', '100'])
  return series
}

const behind = (count: number) => linesOf(INPUT).slice(count).sort()

t.test('a run that cannot begin leaves the checkpoint as it is', async (t) => {
  const series = await interrupted(t)
  const before = series.checkpointText
  writeFileSync(series.path('input'), textOf('none'))
  await series.run(78)
  t.equal(series.checkpointText, before)
  writeFileSync(series.path('input'), INPUT)
  const last = await series.run(0)
  t.same(last.results.sort(), behind(100))
})

t.test('a run that is stopped while it starts up leaves the rest to the next', async (t) => {
  const series = await interrupted(t)
  const stopped = series.start()
  await stopped.event('processStarted')
  stopped.signal('SIGTERM')
  t.match(await stopped.ended, { code: 0 })
  t.match(stopped.summary, { outcome: 'drained', returned: 0 })
  t.equal(series.checkpoint.place, 100 + stopped.summary.read)
  const last = await series.run(0)
  t.same([...stopped.results, ...last.results].sort(), behind(100))
})

t.test('a run that is told twice to end while it starts up leaves no checkpoint', async (t) => {
  const series = new Series(t, [
    ...[
      '--from',
      fixture('writers/never-loads.mjs'),
      '--worker',
      fixture('workers/same.mjs'),
      '--to',
      'null:',
    ],
  ])
  const stopped = series.start()
  await stopped.event('processReady', ({ process }) => process === 'sender')
  stopped.signal('SIGTERM')
  await stopped.event('stateChanged', ({ state }) => state === 'draining')
  stopped.signal('SIGTERM')
  t.match(await stopped.ended, { signal: null }, stopped.said)
  t.notOk(existsSync(series.checkpointFile), 'of a source that has not said what it is')
})
