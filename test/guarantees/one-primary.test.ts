import { symlinkSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import t, { type Test } from 'tap'
import { hasProc } from '../../src/primary/state/proc.js'
import { fixture, linesIn, PipelineRun } from '../pipeline-run.js'
import { childrenOf, eventually, isRunning } from '../processes.js'
import { Series } from '../series.js'

const RECORDS = 2000

const seriesOf = (t: Test, worker: string) =>
  new Series(t, [
    ...['--from', `count:${RECORDS}`, '--worker', fixture(`workers/${worker}`), '--to', 'file:output'],
  ])

function expectEverything(t: Test, series: Series): void {
  const delivered = linesIn(series.path('output')).map(Number)
  t.same(
    delivered.sort((a, b) => a - b),
    Array.from({ length: RECORDS }, (_, i) => i),
  )
}

t.test('a second primary on a state folder is refused, and the first goes on', async (t) => {
  const series = seriesOf(t, 'wait-at-50.mjs')
  const first = series.start()
  await series.untilSettled(first, 100)
  const second = await series.run(1)
  t.match(second.said, new RegExp(`${series.stateDir} is in use by process ${first.pid} .*--state-dir`))
  t.same(second.pids, [], 'it has started nothing')
  t.equal(first.eventsOf('finished').length, 0, 'the first was at work all the while')
  writeFileSync(series.path('gate'), '')
  t.match(await first.ended, { code: 0 })
  t.match(first.summary, { outcome: 'finished', read: RECORDS, delivered: RECORDS })
  expectEverything(t, series)
})

t.test('after the death of a primary the next one starts at once', async (t) => {
  const series = seriesOf(t, 'wait-at-50.mjs')
  const first = series.start()
  await series.untilSettled(first, 100)
  first.signal('SIGKILL')
  const second = series.start()
  await second.event('pipelineStarted')
  t.notMatch(second.said, /may still be in use/, 'it waits for no lock to grow old')
  t.match(second.eventsOf('primaryDied'), [{ lastPid: first.pid, seenAt: /^\d{4}-/ }])
  t.same(first.eventsOf('primaryDied'), [], 'the first had nobody before it')
  writeFileSync(series.path('gate'), '')
  t.match(await second.ended, { code: 0 })
  t.match(second.summary, { outcome: 'finished', total: { read: RECORDS, delivered: RECORDS } })
  expectEverything(t, series)
})

t.test('a second pipeline that would write to the same file is refused, by whatever name', async (t) => {
  const first = seriesOf(t, 'wait-at-50.mjs')
  symlinkSync('output', first.path('link'))
  const running = first.start()
  await first.untilSettled(running, 100)
  const others = [
    ['--name', 'other', '--to', 'file:output'],
    ['--name', 'other', '--to', 'file:link', '--fresh'],
    ['--to', `file:../${basename(first.folder)}/output`],
  ]
  for (const args of others) {
    const all = ['--from', 'count:10', '--worker', fixture('workers/same.mjs'), ...args]
    const second = new PipelineRun(t, all, { folder: first.folder })
    t.match(await second.ended, { code: 1 }, second.said)
    t.match(
      second.said,
      new RegExp(
        `/output, to which another running pipeline writes its results, is in use by process ${running.pid} .*--to`,
      ),
    )
    t.same(second.pids, [], 'it has started nothing')
  }
  writeFileSync(first.path('gate'), '')
  t.match(await running.ended, { code: 0 })
  expectEverything(t, first)
  const after = ['--from', 'count:10', '--worker', fixture('workers/same.mjs'), '--to', 'file:output']
  const next = new PipelineRun(t, after, { folder: first.folder })
  t.match(await next.ended, { code: 0 }, 'nobody is in the way of the next')
  t.equal(linesIn(first.path('output')).length, 10)
})

t.test('a primary that was killed leaves its file to the next pipeline', async (t) => {
  const first = seriesOf(t, 'wait-at-50.mjs')
  const running = first.start()
  await first.untilSettled(running, 100)
  await first.kill(running)
  const after = ['--from', 'count:10', '--worker', fixture('workers/same.mjs'), '--to', 'file:output']
  const next = new PipelineRun(t, after, { folder: first.folder })
  t.match(await next.ended, { code: 0 }, next.said)
  t.notMatch(next.said, /may still be in use/)
  t.equal(linesIn(first.path('output')).length, 10)
})

const skip = hasProc() ? false : 'there is no /proc'

t.test(
  'a child that outlives its primary is ended before the next run starts its own',
  { skip },
  async (t) => {
    const series = seriesOf(t, 'loop-without-gate.mjs')
    const first = series.start()
    await first.until(() => first.lines.some(({ msg }) => msg === 'looping'), 'a loop')
    await series.untilSettled(first, 1)
    const { pid: stuck } = first.lines.find(({ msg }) => msg === 'looping')!
    const children = childrenOf(first.pid)
    const [reaper, ...others] = children.filter((pid) => !first.pids.includes(pid))
    t.same(others, [], 'the reaper is the only other child')
    // Stopped, it cannot replace its reaper.
    for (const [pid, signal] of [
      [first.pid, 'SIGSTOP'],
      [reaper!, 'SIGKILL'],
      [first.pid, 'SIGKILL'],
    ] as const) {
      process.kill(pid, signal)
    }
    t.teardown(() => isRunning(stuck) && process.kill(stuck, 'SIGKILL'))
    await first.ended
    t.ok(await eventually(() => !children.some((pid) => pid !== stuck && isRunning(pid)), 5000))
    t.ok(isRunning(stuck), 'what is stuck notices nothing')
    writeFileSync(series.path('gate'), '')
    const second = await series.run(0)
    t.match(second.eventsOf('orphansEnded'), [{ pids: [stuck] }])
    t.notOk(isRunning(stuck))
    const kinds = second.lines.map(({ event }) => event)
    t.ok(kinds.indexOf('orphansEnded') < kinds.indexOf('processStarted'), 'before anything was forked')
    t.match(second.summary, { outcome: 'finished', total: { read: RECORDS, delivered: RECORDS } })
    expectEverything(t, series)
  },
)
