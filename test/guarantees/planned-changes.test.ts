import { readFileSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import type { RestartReport, RollReport, ScaleReport, StatusReport } from '../../src/model/status.js'
import { command } from '../command.js'
import { fixture, PipelineRun } from '../pipeline-run.js'
import { temporaryFolder } from '../temporary-folder.js'

/** More than any of these tests handles. */
const RECORDS = 200_000

const lines = Array.from({ length: RECORDS }, (_, i) => `${i}\n`).join('')

interface Scene {
  readonly from?: string
  readonly workers?: number
  readonly to?: string
  readonly more?: readonly string[]
}

/** A pipeline under load whose handlers' code lies in its folder, so that it can change. */
function mill(
  t: Test,
  { from = 'file:in.txt', workers = 2, to = 'file:out.txt', more = [] }: Scene = {},
): PipelineRun {
  const folder = temporaryFolder(t)
  writeFileSync(`${folder}/in.txt`, lines)
  writeFileSync(
    `${folder}/writer.mjs`,
    `export default function* () { for (let i = 0; i < ${RECORDS}; i++) yield i }`,
  )
  writeFileSync(`${folder}/worker.mjs`, workerSaying('old'))
  const ends = ['--from', from, '--worker', './worker.mjs', '--to', to]
  // Short, so that a drain is.
  const queues = ['--in-queue', '500', '--out-queue', '500']
  return new PipelineRun(t, [...ends, ...queues, '--name', 'mill', '--workers', String(workers), ...more], {
    folder,
  })
}

const workerSaying = (word: string) => `
import { setTimeout as sleep } from 'node:timers/promises'
export default async (value) => {
  if (Number(value) % 4 === 0) await sleep(2)
  return value + ' ${word}'
}
`

const outOf = (run: PipelineRun) => readFileSync(run.path('out.txt'), 'utf8').trimEnd().split('\n')
const idsIn = (lines: readonly string[]) =>
  lines.map((line) => Number.parseInt(line, 10)).sort((a, b) => a - b)
const asked = async <Report>(run: PipelineRun, ...args: string[]): Promise<Report> =>
  JSON.parse(await command(run, ...args, '--json'))

/** Ends it, and sees that everything it read came out once. */
async function expectNothingLostOrDoubled(t: Test, run: PipelineRun): Promise<void> {
  await command(run, 'stop')
  t.match(await run.ended, { code: 0 })
  const { read } = run.summary
  t.match(run.summary, {
    delivered: read,
    returned: 0,
    retried: 0,
    restarts: { writer: 0, worker: 0, sender: 0 },
  })
  t.same(
    idsIn(outOf(run)),
    Array.from({ length: read }, (_, i) => i),
  )
}

const underWay = (run: PipelineRun) => run.event('stateChanged', ({ state }) => state === 'running')

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
