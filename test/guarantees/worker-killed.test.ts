import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { killInFlight } from '../from-outside.js'
import { fixture, linesIn, PipelineRun } from '../pipeline-run.js'
import { isRunning } from '../processes.js'

t.test(
  'when a worker is killed, at most what it had in hand is handled twice, nothing is delivered twice, and the others never notice',
  async (t) => {
    const records = 20_000
    const run = new PipelineRun(t, [
      ...['--from', `count:${records}`, '--worker', fixture('workers/note-and-stumble.mjs')],
      ...['--to', 'stdout:', '--workers', '2', '--in-queue', '500'],
    ])
    let returned = 0
    for (let kill = 0; kill < 3; kill++) returned += (await killInFlight(t, run, 'worker:1')).returned
    writeFileSync(run.path('gate'), '')
    t.match(await run.ended, { code: 0 })
    t.match(run.summary, { outcome: 'finished', read: records, delivered: records, deadLettered: 0 })
    t.same(run.summary.restarts, { writer: 0, worker: 3, sender: 0 })
    t.equal(run.pids.length, 4 + 3, 'nobody else was started again')
    t.equal(run.eventsOf('restartScheduled')[0]?.inMs, 0, 'the first replacement comes at once')
    const handled = linesIn(run.path('handled'))
    const twice = handled.length - new Set(handled).size
    t.ok(twice <= returned, `${twice} are handled twice, and the killed had ${returned} in hand`)
    t.equal(run.results.length, records)
    t.equal(new Set(run.results).size, records, 'each is delivered, and once')
  },
)

t.test('a worker’s records are given back when it dies, whatever processes it has left behind', async (t) => {
  const records = 2000
  const run = new PipelineRun(t, [
    ...['--from', `count:${records}`, '--worker', fixture('workers/leave-a-child.mjs')],
    ...['--to', 'stdout:', '--workers', '1'],
  ])
  t.match(await run.event('processExited', ({ process }) => process === 'worker:1'), {
    exit: { signal: 'SIGKILL' },
  })
  await run.until(() => run.results.length === records, 'all results')
  const orphan = Number(readFileSync(run.path('orphan'), 'utf8'))
  t.teardown(() => process.kill(orphan, 'SIGKILL'))
  t.ok(run.eventsOf('processExited')[0]!.returned > 0, 'it had records in hand')
  t.ok(isRunning(orphan), 'what it had started still holds its stderr')
  t.match(await run.event('finished'), { summary: { read: records, delivered: records } })
})
