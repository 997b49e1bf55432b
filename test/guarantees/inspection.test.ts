import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { askEvents, askProfile, askStack } from '../../src/control/client.js'
import { type Entry, entriesIn } from '../../src/control/registry.js'
import type { EventEntry, StackReport } from '../../src/model/inspection.js'
import { command } from '../command.js'
import { statusUntil } from '../from-outside.js'
import { fixture, linesOf, PipelineRun } from '../pipeline-run.js'
import { temporaryFolder } from '../temporary-folder.js'

const mill = (worker: string, ...more: readonly string[]) => [
  ...['--worker', fixture(`workers/${worker}.mjs`), '--to', 'null:', '--name', 'mill', ...more],
]

/** A pipeline of which one worker is in an endless loop, and the name of that worker. */
async function spinning(t: Test) {
  const run = new PipelineRun(t, ['--from', 'count:1000', ...mill('spin-at-five', '--workers', '2')])
  const said = () => run.lines.find(({ msg }) => msg === 'spinning')
  await run.until(() => said() !== undefined, 'the loop')
  return { run, spinner: said()!.process }
}

const entryOf = (run: PipelineRun): Entry =>
  entriesIn([join(run.folder, 'millrace')]).find(({ pid }) => pid === run.pid)!

const eventsIn = (ndjson: string): EventEntry[] => linesOf(ndjson).map((line) => JSON.parse(line))

t.test('of a pipeline with a worker in an endless loop,', async (t) => {
  const { run, spinner } = await spinning(t)

  await t.test(
    'where a process is, and what it spends its time on, can be seen even in an endless loop',
    async (t) => {
      const report: StackReport = JSON.parse(await command(run, 'stack', spinner, '--json'))
      t.match(report, { process: spinner, pid: run.pidOf(spinner), state: 'ready', record: 'count:5' })
      t.match(report.stack.join('\n'), /spin .*spin-at-five\.mjs:9/)
      t.same(report.atWork, { count: 1, ids: ['count:5'] })
      t.ok(report.heldSeconds !== null && report.inHand > 0)
      t.match(await command(run, 'stack', spinner), /in the handler of count:5\n {4}at .*spin/)

      const out = ['--seconds', '0.3', '--out', 'loop.cpuprofile']
      const { functions } = JSON.parse(await command(run, 'profile', spinner, ...out, '--json'))
      t.match(
        functions[0].where,
        /spin-at-five\.mjs/,
        'also of a loop that was compiled before anybody looked',
      )
      // V8 may take one sample for its caller, and on a busy machine a sample can stand for most of the time.
      t.ok(functions.some(({ name }: { name: string }) => /^(spin|step)$/.test(name)))
      t.ok(JSON.parse(readFileSync(run.path('loop.cpuprofile'), 'utf8')).samples.length > 0)
      await t.rejects(command(run, 'profile', spinner, ...out), /loop\.cpuprofile: it is there already/)
      t.equal(report.pid, run.pidOf(spinner), 'it was not restarted')

      t.match(await command(run, 'stack', 'writer'), /^writer \(pid \d+\) is ready/)
      t.match(
        await command(run, 'profile', 'primary', '--seconds', '0.1'),
        /^primary, .*mill-primary-.*\.cpuprofile/,
      )
      await t.rejects(command(run, 'stack', 'primary'), /millrace profile primary/)
      await t.rejects(command(run, 'stack', 'wroker:1'), /there are .*worker:2.*did you mean `worker:1`/)
      await t.rejects(command(run, 'profile', spinner, '--seconds', '0'), /`--seconds 0` must be/)
    },
  )

  await t.test('one profile of a process at a time, and none is waited for when it dies', async (t) => {
    const entry = entryOf(run)
    const [first, second] = [1, 2].map(() => askProfile(entry, spinner, 60))
    await t.rejects(second!, { code: 'profile_running' })
    t.match(await askStack(entry, spinner), { record: 'count:5' }, 'it can be asked where it is meanwhile')
    process.kill(run.pidOf(spinner), 'SIGKILL')
    await t.rejects(first!, { code: 'no_answer', message: /could not be profiled to the end/ })
  })
})

t.test('a process that ends while it is profiled is profiled up to its end', async (t) => {
  const run = new PipelineRun(t, ['--from', 'count:1000000', ...mill('take-time', '--workers', '2')], {
    env: { TAKES_MS: '5' },
  })
  await run.event('pipelineStarted')
  await statusUntil(run, ({ counters }) => counters.delivered > 0)
  const entry = entryOf(run)
  const profile = askProfile(entry, 'worker:1', 60)
  await askStack(entry, 'worker:1')
  await command(run, 'restart', 'worker:1')
  t.ok(JSON.parse(String(await profile)).samples.length > 0)
  t.match(await run.event('processExited', ({ process }) => process === 'worker:1'), {
    exit: { code: 0, reason: 'replaced as planned', outOfMemory: false },
    returned: 0,
  })
})

t.test(
  'a process that ran out of memory is told from one that was killed, with its last lines',
  async (t) => {
    const run = new PipelineRun(
      t,
      [
        '--from',
        'count:1000000',
        ...mill('fill-heap-at-five', '--workers', '1', '--retry-deaths', '1', '--rate', '100/s'),
      ],
      { env: { NODE_OPTIONS: '--max-old-space-size=40' } },
    )
    const lastExit = {
      code: null,
      signal: 'SIGABRT',
      reason: 'out of memory: V8 heap limit',
      outOfMemory: true,
    }
    await run.event('recordDeadLettered')
    const { processes } = await statusUntil(run, ({ counters }) => counters.deadLettered > 0)
    const worker = processes.find(({ id }) => id === 'worker:1')
    t.match(worker?.lastExit, lastExit)
    t.match(worker?.lastExit?.lastLines.join('\n'), /JavaScript heap out of memory/)
    t.match(await command(run, 'status'), /last exit of worker:1: out of memory: V8 heap limit, at /)

    const pid = run.pidOf('worker:1')
    await run.event('processReady', (ready) => ready.pid === pid)
    process.kill(pid, 'SIGKILL')
    t.match(await run.event('processExited', (exit) => exit.pid === pid), {
      exit: { reason: 'killed by SIGKILL', outOfMemory: false },
    })
    const told = eventsIn(await command(run, 'events', '--json'))
    t.match(
      told.filter(({ event }) => event?.type === 'processExited').map(({ text }) => text),
      [/out of memory/, /out of memory/, /killed by SIGKILL/],
    )
  },
)

t.test('events outlive the primary of which they tell, and the next run goes on below them', async (t) => {
  const folder = temporaryFolder(t)
  const args = ['--from', 'count:1000000', ...mill('take-time', '--workers', '1', '--in-queue', '100')]
  const first = new PipelineRun(t, args, { folder, env: { TAKES_MS: '1000' } })
  await first.event('stateChanged', ({ state }) => state === 'running')
  first.signal('SIGKILL')
  await first.ended
  const atRest = eventsIn(await command(first, 'events', 'mill', '--json'))
  t.match(atRest[0], { level: 'debug', text: /begins, pid \d+$/, event: { type: 'primaryStarted' } })
  t.match(atRest.at(-1), { text: 'running' })
  await t.rejects(command(first, 'events', '--name', 'mill', '--follow'), /does not run.*leave out --follow/)

  const next = new PipelineRun(t, args, { folder, env: { TAKES_MS: '1' } })
  await next.event('stateChanged', ({ state }) => state === 'running')
  const followed: EventEntry[] = []
  let stopping: Promise<string> | undefined
  for await (const entry of askEvents(entryOf(next), { follow: true })) {
    followed.push(entry)
    stopping ??= command(next, 'stop')
  }
  await stopping
  t.same(followed.slice(0, atRest.length), atRest, 'those of the dead one are there')
  t.match(followed.at(-1), { event: { type: 'finished' } })
  await next.ended
  const kept = eventsIn(await command(next, 'events', 'mill', '--json', '-n', '1000'))
  t.same(kept, followed)
  t.match(await command(next, 'events', 'mill', '-n', '1'), /^\S+Z {2}primary {4}drained: read \d+ = /)
})

t.test('a pipeline that keeps no state tells its events as long as it runs', async (t) => {
  const run = new PipelineRun(t, [
    '--from',
    'count:5',
    '--worker',
    fixture('workers/same.mjs'),
    '--to',
    'null:',
  ])
  const all = new PipelineRun(
    t,
    ['--from', 'count:1000000', '--worker', fixture('workers/take-time.mjs'), '--to', 'null:'],
    { env: { TAKES_MS: '5' } },
  )
  await run.ended
  await t.rejects(command(run, 'events'), /no pipeline is running/)
  await all.event('stateChanged', ({ state }) => state === 'running')
  t.match(await command(all, 'events', '--since', '1h', '-n', '1'), /running\n$/)
})
