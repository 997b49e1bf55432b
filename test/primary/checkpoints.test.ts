import t from 'tap'
import { noCounters } from '../../src/model/counters.js'
import { Checkpoints, type CheckpointsParts } from '../../src/primary/checkpoints.js'
import { FakeClock } from '../fake-clock.js'

/** Checkpoints of a run without a sink; a write ends when the test says so. */
function checkpointed() {
  const written: (number | undefined)[] = []
  const underWay: { readonly done: () => void; readonly failed: (error: Error) => void }[] = []
  const clock = new FakeClock()
  const parts: CheckpointsParts = {
    from: { place: 0, settledBeyond: [] },
    delivers: false,
    every: 1000,
    clock,
    note: () => ({ total: noCounters, finished: false, replayed: [] }),
    sync: () => false,
    write: ({ place }) =>
      new Promise((resolve, reject) => {
        const done = () => {
          written.push(place)
          resolve()
        }
        underWay.push({ done, failed: reject })
      }),
    tellSource: () => false,
    blocked: () => {},
  }
  return { checkpoints: new Checkpoints(parts), clock, written, underWay }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

t.test('the last checkpoint waits for the one that is being written', async (t) => {
  const { checkpoints, written, underWay } = checkpointed()
  checkpoints.read(10, '"ten"')
  checkpoints.settle(0, 5)
  checkpoints.start()
  checkpoints.settle(5, 10)
  const concluded = checkpoints.conclude(true)
  await turn()
  t.equal(underWay.length, 1, 'two at once could end in the wrong order')
  underWay[0]!.done()
  await turn()
  underWay[1]!.done()
  await concluded
  t.same(written.length, 2)
  t.match(checkpoints.last?.draft, { place: 10, position: '"ten"' })
})

t.test('a checkpoint that fails while the run ends is not tried again behind its back', async (t) => {
  const { checkpoints, clock, underWay } = checkpointed()
  checkpoints.read(10, '"ten"')
  checkpoints.start()
  underWay[0]!.failed(new Error('the disk is full'))
  await turn()
  const concluded = checkpoints.conclude(true)
  await turn()
  t.equal(underWay.length, 2)
  underWay[1]!.done()
  await concluded
  clock.pass(10_000)
  t.equal(underWay.length, 2)
})
