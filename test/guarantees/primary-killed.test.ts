import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { statusOf } from '../from-outside.js'
import { fixture, PipelineRun } from '../pipeline-run.js'
import { childrenOf, eventually, isRunning } from '../processes.js'

/** Milliseconds; the promise is one second, a busy machine gets more. */
const SOON = 5000

const args = ['--worker', fixture('workers/loop-at-zero.mjs'), '--workers', '3', '--to', 'null:']

async function killAndExpectNobody(t: Test, run: PipelineRun): Promise<void> {
  const children = childrenOf(run.pid)
  run.signal('SIGKILL')
  await run.ended
  const gone = await eventually(() => !children.some(isRunning), SOON)
  t.ok(gone, `of ${children.length} children none outlives the primary`)
}

t.test('the children of a killed primary end, even one that is stuck in a loop', async (t) => {
  const run = new PipelineRun(t, ['--from', 'count:1', ...args])
  await run.until(() => run.lines.some(({ msg }) => msg === 'looping'), 'a loop')
  t.equal((await statusOf(run)).counters.inFlight, 1, 'its record is in flight')
  t.equal(childrenOf(run.pid).length, 6, 'writer, workers, sender and reaper')
  await killAndExpectNobody(t, run)
})

t.test('the children of a primary that is killed while they start end with it', async (t) => {
  for (const wait of [0, 50, 150]) {
    const run = new PipelineRun(t, ['--from', 'count:1', ...args])
    await run.event('processStarted', ({ process }) => process === 'writer')
    await sleep(wait)
    await killAndExpectNobody(t, run)
  }
})
