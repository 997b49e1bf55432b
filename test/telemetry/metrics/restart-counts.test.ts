import t from 'tap'
import type { PipelineEvent } from '../../../src/telemetry/events.js'
import { RestartCounts } from '../../../src/telemetry/metrics/restart-counts.js'

const exit = { code: null, signal: 'SIGKILL', at: '', reason: '', outOfMemory: false, lastLines: [] }
const exited = (process: string, pid: number, planned = false): PipelineEvent => ({
  ...{ type: 'processExited', process, pid, exit, planned, returned: 0, why: null },
})
const scheduled = (process: string): PipelineEvent => ({
  ...{ type: 'restartScheduled', process, inMs: 0, budgetLeft: 4 },
})
const hung = (process: string, pid: number): PipelineEvent => ({
  ...{ type: 'workerHung', process, pid, id: null, stack: null },
})
const tooLarge = (process: string, pid: number): PipelineEvent => ({
  ...{ type: 'workerTooLarge', process, pid, rss: 2, limit: 1 },
})
const restarted = (process: string, cause: 'asked' | 'rolled' | 'recycled'): PipelineEvent => ({
  ...{
    type: 'processRestarted',
    process,
    cause,
    why: null,
    oldPid: 1,
    newPid: 2,
    milliseconds: 3,
    handedOn: 0,
  },
})

t.test('restarts are told apart by role and cause, and a process that is not replaced is none', async (t) => {
  const counts = new RestartCounts()
  const events = [
    ...[exited('worker:1', 1), scheduled('worker:1')],
    ...[hung('worker:2', 2), exited('worker:2', 2), scheduled('worker:2')],
    ...[exited('worker:2', 3), scheduled('worker:2')],
    ...[exited('worker:1', 4, true), restarted('worker:1', 'asked')],
    ...[exited('worker:1', 8, true), restarted('worker:1', 'rolled')],
    ...[exited('worker:1', 9, true), restarted('worker:1', 'recycled')],
    ...[tooLarge('worker:1', 10), exited('worker:1', 10), scheduled('worker:1')],
    ...[exited('writer', 5), scheduled('writer')],
    ...[exited('dead-letters', 6), scheduled('dead-letters')],
    ...[exited('sender', 7)],
  ]
  for (const event of events) counts.hear(event)
  t.same(
    counts.all.filter(({ count }) => count > 0),
    [
      { role: 'writer', cause: 'crash', count: 1 },
      { role: 'worker', cause: 'crash', count: 2 },
      { role: 'worker', cause: 'timeout', count: 1 },
      { role: 'worker', cause: 'memory', count: 1 },
      { role: 'worker', cause: 'planned', count: 2 },
      { role: 'worker', cause: 'recycle', count: 1 },
      { role: 'sender', cause: 'crash', count: 1 },
    ],
  )
  t.equal(counts.all.length, 15, 'and what did not happen is counted too, as none')
})

t.test('a pid on one machine is another process on the next', async (t) => {
  const counts = new RestartCounts()
  const events = [
    ...[hung('worker:1', 7), exited('worker:2', 7), scheduled('worker:2')],
    ...[exited('worker:1', 7), scheduled('worker:1')],
  ]
  for (const event of events) counts.hear(event)
  const counted = counts.all.filter(({ count }) => count > 0)
  t.match(counted, [
    { cause: 'crash', count: 1 },
    { cause: 'timeout', count: 1 },
  ])
})
