import t from 'tap'
import type { Draft } from '../../src/flow/commit.js'
import { noCounters } from '../../src/model/counters.js'
import { Checkpoints, type Note } from '../../src/primary/checkpoints.js'
import { FakeClock } from '../fake-clock.js'

/** A write that was begun, and how it ends. */
interface Write {
  readonly draft: Draft<Note>
  readonly done: () => void
  readonly failed: (error: Error) => void
}

/** Checkpoints of a run without a sink, every 100 ms, on a disk that takes as long as a test likes. */
function slowDisk() {
  const clock = new FakeClock()
  const writes: Write[] = []
  const checkpoints = new Checkpoints({
    from: { place: 0, settledBeyond: [] },
    delivers: false,
    every: 100,
    clock,
    note: () => ({ total: noCounters, finished: false, replayed: [] }),
    sync: () => false,
    write: (draft) => new Promise((resolve, reject) => writes.push({ draft, done: resolve, failed: reject })),
    tellSource: () => false,
    blocked: () => {},
  })
  checkpoints.start()
  checkpoints.read(10, '10')
  return { checkpoints, clock, writes, places: () => writes.map(({ draft }) => draft.place) }
}

/** Lets everything happen that is waited for. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

t.test('the last checkpoint is written after the one under way, and never before it', async (t) => {
  const { checkpoints, writes, places } = slowDisk()
  checkpoints.settle(0, 10)
  const concluded = checkpoints.conclude(true)
  await turn()
  t.same(places(), [0], 'the first is still being written')
  writes[0]!.done()
  await turn()
  t.same(places(), [0, 10])
  writes[1]!.done()
  await concluded
  t.equal(checkpoints.last?.draft.place, 10)
})

t.test('a checkpoint that could not be written is not tried again after the last one', async (t) => {
  const { checkpoints, clock, writes, places } = slowDisk()
  writes[0]!.failed(new Error('no space left'))
  await turn()
  checkpoints.settle(0, 10)
  const concluded = checkpoints.conclude(true)
  await turn()
  writes[1]!.done()
  await concluded
  clock.pass(60_000)
  t.same(places(), [0, 10])
  t.equal(clock.timers, 0)
})

t.test(
  'whoever ends while a checkpoint is being written takes no other, if the sink has a state',
  async (t) => {
    const { checkpoints, clock, writes } = slowDisk()
    void checkpoints.current()
    checkpoints.settle(0, 10)
    const concluded = checkpoints.conclude(false)
    writes[0]!.done()
    await concluded
    clock.pass(60_000)
    t.equal(writes.length, 1)
  },
)
