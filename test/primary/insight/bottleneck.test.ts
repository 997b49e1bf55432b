import t from 'tap'
import type { ProcessStatus } from '../../src/model/status.js'
import { bottleneckOf } from '../../src/primary/bottleneck.js'
import { MemoryQueue } from '../../src/queue/memory.js'
import { recordsOf } from '../queue/batches.js'
import { Recorder } from '../queue/recorder.js'

function queueWith(records: number): MemoryQueue {
  const queue = new MemoryQueue({ records: 100, bytes: 1e6 }, new Recorder())
  if (records > 0) queue.offer(recordsOf(records), 0)
  return queue
}

const workers = (busy: number) =>
  [
    { role: 'worker', busy },
    { role: 'writer', busy: 0 },
  ] as ProcessStatus[]

t.test('the bottleneck is what has a full queue before it and an empty one behind it', async (t) => {
  for (const [inside, outside, busy, stage] of [
    [90, 90, 0.2, 'sink'],
    [90, 5, 0.9, 'workers'],
    [5, 5, 0.2, 'source'],
    [5, 5, 0.9, 'none'],
    [40, 40, 0.5, 'none'],
  ] as const) {
    const parts = { inQueue: queueWith(inside), outQueue: queueWith(outside), processes: workers(busy) }
    const found = bottleneckOf(parts)
    t.equal(found.stage, stage)
    t.match(found.why, `in-queue ${inside} % full`)
  }
  t.equal(bottleneckOf({ inQueue: queueWith(80), outQueue: undefined, processes: [] }).stage, 'workers')
  const held = { inQueue: queueWith(80), outQueue: undefined, processes: [], held: 'it is paused: asked to' }
  t.same(bottleneckOf(held), { stage: 'none', why: 'it is paused: asked to' }, 'nobody is slow')
})
