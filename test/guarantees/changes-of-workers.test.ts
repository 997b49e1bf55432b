import { writeFileSync } from 'node:fs'
import t from 'tap'
import type { ScaleReport, StatusReport } from '../../src/model/status.js'
import { command } from '../command.js'
import { asked, expectNothingLostOrDoubled, idsIn, mill, underWay } from '../mill-under-load.js'
import { fixture, PipelineRun } from '../pipeline-run.js'

t.test('workers are added and taken away under load', async (t) => {
  const run = mill(t)
  await underWay(run)
  t.match(await asked<ScaleReport>(run, 'scale', '8'), { name: 'mill', from: 2, to: 8 })
  const workers = async () =>
    (await asked<StatusReport>(run, 'status')).processes.filter(({ role }) => role === 'worker')
  t.same(
    (await workers()).map(({ id, state }) => [id, state]),
    Array.from({ length: 8 }, (_, i) => [`worker:${i + 1}`, 'ready']),
  )
  t.match(await asked<ScaleReport>(run, 'scale', '2'), { from: 8, to: 2 })
  t.same(
    (await workers()).map(({ id }) => id),
    ['worker:1', 'worker:2'],
  )
  await expectNothingLostOrDoubled(t, run)
})

t.test('workers that do not become ready are not added, and the others go on', async (t) => {
  const run = mill(t)
  await underWay(run)
  writeFileSync(run.path('worker.mjs'), 'throw new Error("a typing error")')
  await t.rejects(command(run, 'scale', '4'), /exit code 1: .*it was not added: .*a typing error/s)
  const { state, processes } = await asked<StatusReport>(run, 'status')
  t.equal(state, 'running')
  t.same(processes.map(({ id }) => id).sort(), ['sender', 'worker:1', 'worker:2', 'writer'])
  await expectNothingLostOrDoubled(t, run)
})

t.test('a pipeline logs at another level while it runs, and so do its processes', async (t) => {
  const run = mill(t)
  await underWay(run)
  await command(run, 'log-level', 'error')
  const said = run.lines.length
  await command(run, 'restart', 'worker:1')
  t.same(
    run.lines.slice(said).filter(({ level }) => Number(level) < 50),
    [],
  )
  await t.rejects(command(run, 'log-level', 'wran'), /did you mean `warn`/)
})

t.test(
  'a worker is recycled after so many records, without a gap, and none is lost or doubled',
  async (t) => {
    const run = mill(t, { more: ['--recycle-records', '300'] })
    await underWay(run)
    const { process } = await run.event('processRestarted', ({ cause }) => cause === 'recycled')
    await run.event('processRestarted', (event) => event.cause === 'recycled' && event.process !== process)
    await expectNothingLostOrDoubled(t, run)
  },
)

t.test('a worker that takes more memory than it may is killed like one that crashed', async (t) => {
  const args = [
    '--from',
    'count:2000',
    '--worker',
    fixture('workers/grow-once-at-500.mjs'),
    '--to',
    'stdout:',
  ]
  const run = new PipelineRun(t, [...args, '--workers', '2', '--recycle-max-rss', '200mb', '--name', 'mill'])
  t.match(await run.ended, { code: 0 })
  t.match(run.eventsOf('workerTooLarge'), [{ limit: 200 * 2 ** 20 }])
  t.match(run.eventsOf('processExited').find(({ planned }) => !planned)?.exit, {
    signal: 'SIGKILL',
    outOfMemory: true,
    reason: /^killed: it had \d+ MiB resident, and may have 200 MiB$/,
  })
  t.match(run.summary, { read: 2000, delivered: 2000, restarts: { worker: 1 } })
  t.same(
    idsIn(run.results),
    Array.from({ length: 2000 }, (_, i) => i),
  )
})
