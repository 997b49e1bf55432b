import { writeFileSync } from 'node:fs'
import t from 'tap'
import type { RestartReport, RollReport, ScaleReport, StatusReport } from '../../src/model/status.js'
import { command } from '../command.js'
import { asked, expectNothingLostOrDoubled, mill, outOf, underWay, workerSaying } from '../mill-under-load.js'
import { fixture } from '../pipeline-run.js'

t.test('workers are restarted one after another under load, with new code', async (t) => {
  const run = mill(t, { workers: 3 })
  await underWay(run)
  const others = ['writer', 'sender'].map((place) => run.pidOf(place))
  writeFileSync(run.path('worker.mjs'), workerSaying('new'))
  const { restarted } = await asked<RollReport>(run, 'restart', 'workers')
  t.same(
    restarted.map(({ process }) => process),
    ['worker:1', 'worker:2', 'worker:3'],
  )
  t.same(
    ['writer', 'sender'].map((place) => run.pidOf(place)),
    others,
  )
  const begun = outOf(run).length
  await run.until(() => outOf(run).length > begun, 'results of the new code')
  await expectNothingLostOrDoubled(t, run)
  t.ok(
    outOf(run)
      .slice(begun)
      .every((line) => line.endsWith(' new')),
    'nobody works by the old code any more',
  )
})

t.test('a roll stops at a worker that does not become ready: the old ones stay and work', async (t) => {
  const run = mill(t, { workers: 2 })
  await underWay(run)
  const pids = ['worker:1', 'worker:2'].map((place) => run.pidOf(place))
  writeFileSync(run.path('worker.mjs'), 'throw new Error("a typing error")')
  await t.rejects(
    command(run, 'restart', 'workers'),
    /exit code 1: millrace: the roll stopped at worker:1, no worker was restarted: .*old one stays: .*a typing error/s,
  )
  t.match(run.eventsOf('rollStopped'), [{ process: 'worker:1', restarted: 0, of: 2 }])
  const { processes } = await asked<StatusReport>(run, 'status')
  t.same(
    processes.filter(({ role }) => role === 'worker').map(({ pid, state }) => [pid, state]),
    pids.map((pid) => [pid, 'ready']),
  )
  await expectNothingLostOrDoubled(t, run)
})

for (const [kind, from] of [
  ['positioned', 'file:in.txt'],
  ['counted', './writer.mjs'],
] as const) {
  t.test(
    `writer and sender are restarted under load, and a ${kind} source goes on where it was`,
    async (t) => {
      const run = mill(t, { from })
      await underWay(run)
      for (const place of ['writer', 'sender', 'writer'] as const) {
        const before = run.pidOf(place)
        const report = await asked<RestartReport>(run, 'restart', place)
        t.match(report, {
          process: place,
          oldPid: before,
          newPid: run.pidOf(place),
          killed: false,
          returned: 0,
        })
        t.not(report.newPid, before)
      }
      await expectNothingLostOrDoubled(t, run)
    },
  )
}

t.test('a writer that another could not follow without loss is not restarted', async (t) => {
  const run = mill(t, { from: fixture('writers/live.mjs') })
  await underWay(run)
  const pid = run.pidOf('writer')
  await t.rejects(command(run, 'restart', 'writer'), /live source.*stop the pipeline instead/)
  t.equal(run.pidOf('writer'), pid)
  await t.rejects(command(run, 'restart', 'wroter'), /exit code 2: .*did you mean `writer`/)
})

t.test('a paused pipeline can be restarted and scaled, and works on when it is resumed', async (t) => {
  const run = mill(t)
  await underWay(run)
  await command(run, 'pause')
  await asked<RollReport>(run, 'restart', 'workers')
  await asked<RestartReport>(run, 'restart', 'writer')
  await asked<RestartReport>(run, 'restart', 'sender')
  await asked<ScaleReport>(run, 'scale', '3')
  t.match(await asked<StatusReport>(run, 'status'), { state: 'paused' })
  const before = outOf(run).length
  await command(run, 'resume')
  await run.until(() => outOf(run).length > before, 'results')
  await expectNothingLostOrDoubled(t, run)
})
