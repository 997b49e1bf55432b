import type { Test } from 'tap'
import type { Amount } from '../../src/model/amount.js'
import { cut, type Piece } from '../../src/model/batch.js'
import { wholeOf } from '../../src/model/payload.js'
import type { Queue } from '../../src/queue/contract.js'
import { everything, recordsOf, resultsOf } from './batches.js'
import { settlesEverythingOnce } from './contract-property.js'
import { Recorder } from './recorder.js'

export interface Subject {
  /** Opens a queue that nobody has used before. */
  open(capacity: Amount, recorder: Recorder): Promise<Queue>
  /** How many random histories to try. */
  readonly runs: number
}

const capacity: Amount = { records: 10, bytes: 1000 }

/** What must hold of every queue, whatever the transport. */
export async function queueContract(t: Test, subject: Subject): Promise<void> {
  const withQueue = async (
    use: (queue: Queue, recorder: Recorder) => Promise<void> | void,
  ): Promise<void> => {
    const recorder = new Recorder()
    const queue = await subject.open(capacity, recorder)
    try {
      await use(queue, recorder)
    } finally {
      await queue.close()
    }
  }

  const finish = (queue: Queue, piece: Piece): void => {
    queue.decide(piece)
    queue.settle({ from: piece.from, to: piece.to })
  }

  await t.test('a queue never holds more than its capacity', (t) =>
    withQueue(async (queue, recorder) => {
      queue.offer(recordsOf(6), 0)
      t.same(queue.room, { records: 4, bytes: 976 })
      t.throws(() => queue.offer(recordsOf(5), 6), { name: 'InvariantError' })
      t.throws(() => queue.offer(recordsOf(1, 977), 6), { name: 'InvariantError' })
      queue.offer(recordsOf(4, 100), 6)
      t.same(queue.room, { records: 0, bytes: 576 })
      await recorder.until(() => queue.waiting === 10)
      t.same(queue.size, { records: 10, bytes: 424 })
      queue.take(everything)
      t.same(queue.size, { records: 10, bytes: 424 }, 'what is taken still counts')
    }),
  )

  await t.test('a batch beyond the whole capacity fits an empty queue, and only that', (t) =>
    withQueue(async (queue, recorder) => {
      queue.offer(recordsOf(12), 0)
      t.same(queue.room.records, 0)
      t.throws(() => queue.offer(recordsOf(12), 12), { name: 'InvariantError' })
      await recorder.until(() => queue.waiting === 12)
      finish(queue, queue.take(everything)!)
      await recorder.until(() => queue.empty)
      queue.offer(recordsOf(1, 2000), 12)
      await recorder.until(() => queue.waiting === 1)
    }),
  )

  await t.test('an overdraft is let in whatever the room', (t) =>
    withQueue(async (queue, recorder) => {
      queue.offer(recordsOf(10), 0)
      queue.offer(recordsOf(3), 10, true)
      t.equal(queue.size.records, 13)
      t.equal(queue.room.records, 0)
      await recorder.until(() => queue.waiting === 13)
    }),
  )

  await t.test('pieces carry the places that the producer gave them, gaps and all', (t) =>
    withQueue(async (queue, recorder) => {
      queue.offer(recordsOf(2, 4, 1), 5)
      queue.offer(recordsOf(2, 4, 2), 2 ** 40)
      t.throws(() => queue.offer(recordsOf(1), 2 ** 40 + 1), { name: 'InvariantError' }, 'only upwards')
      t.throws(() => queue.offer(recordsOf(1), 8), { name: 'InvariantError' }, 'not into a gap either')
      await recorder.until(() => queue.waiting === 4)
      const [first, second] = [queue.take(everything)!, queue.take(everything)!]
      t.match(first, { from: 5, to: 7, skip: 0 })
      t.match(second, { from: 2 ** 40, to: 2 ** 40 + 2, skip: 0 })
      t.same(
        [first, second].map(({ batch }) => wholeOf(batch.payload)[0]),
        [1, 2],
      )
      queue.giveBack(second)
      queue.giveBack(first)
      t.match(queue.take(everything), { from: 5, to: 7 })
      finish(queue, first)
      t.equal(queue.empty, false)
      finish(queue, queue.take(everything)!)
      await recorder.until(() => queue.empty)
    }),
  )

  await t.test('what lies from a given place on is left where it is', (t) =>
    withQueue(async (queue, recorder) => {
      queue.offer(recordsOf(4), 0)
      queue.offer(recordsOf(2), 10)
      await recorder.until(() => queue.waiting === 6)
      t.equal(queue.take(everything, 0), undefined)
      t.match(queue.take(everything, 3), { from: 0, to: 3 })
      t.equal(queue.take(everything, 3), undefined)
      t.match(queue.take(everything, 10), { from: 3, to: 4 })
      t.equal(queue.take(everything, 10), undefined, 'nor what lies behind a gap')
      t.equal(queue.waiting, 2)
      t.match(queue.take(everything), { from: 10, to: 12 })
    }),
  )

  await t.test('records are handed out in the order they were offered, within the limit', (t) =>
    withQueue(async (queue, recorder) => {
      queue.offer(recordsOf(4, 10, 1), 0)
      queue.offer(recordsOf(3, 10, 2), 4)
      await recorder.until(() => queue.waiting === 7)
      t.equal(queue.take({ records: 0, bytes: 100 }), undefined)
      t.equal(queue.take({ records: 1, bytes: 0 }), undefined)
      t.match(queue.take({ records: 3, bytes: 1000 }), { from: 0, to: 3, skip: 0 })
      t.match(queue.take({ records: 9, bytes: 1000 }), { from: 3, to: 4, skip: 3 })
      const last = queue.take({ records: 9, bytes: 20 })
      t.match(last, { from: 4, to: 6 })
      t.same([...wholeOf(last!.batch.payload)], new Array(30).fill(2))
      t.equal(queue.waiting, 1)
    }),
  )

  await t.test('what is given back comes out first, and in order', (t) =>
    withQueue(async (queue, recorder) => {
      queue.offer(recordsOf(9), 0)
      await recorder.until(() => queue.waiting === 9)
      const [a, b, c] = [1, 2, 3].map((records) => queue.take({ records, bytes: 100 })!)
      queue.giveBack(c!)
      queue.giveBack(a!)
      t.match(queue.take(everything), { from: 0, to: 1 })
      t.match(queue.take(everything), { from: 3, to: 6 })
      queue.giveBack(b!)
      t.match(queue.take(everything), { from: 1, to: 3 })
      t.match(queue.take(everything), { from: 6, to: 9 })
      t.equal(queue.take(everything), undefined, 'and nothing is handed out twice')
      t.throws(() => queue.giveBack({ ...a!, from: 20, to: 21 }), { name: 'InvariantError' })
    }),
  )

  await t.test('a part of a piece can be given back while the rest is worked off', (t) =>
    withQueue(async (queue, recorder) => {
      queue.offer(recordsOf(6), 0)
      await recorder.until(() => queue.waiting === 6)
      const piece = queue.take(everything)!
      finish(queue, cut(piece, 2, 4))
      queue.giveBack(cut(piece, 4, 6))
      queue.giveBack(cut(piece, 0, 2))
      t.match(queue.take(everything), { from: 0, to: 2, skip: 0 })
      t.match(queue.take(everything), { from: 4, to: 6, skip: 4 })
      t.throws(() => queue.giveBack(cut(piece, 2, 4)), { name: 'InvariantError' })
    }),
  )

  await t.test('a decided piece makes room, and the producer is told', (t) =>
    withQueue(async (queue, recorder) => {
      queue.offer(recordsOf(10), 0)
      await recorder.until(() => queue.waiting === 10)
      const before = recorder.writableCalls
      queue.decide(queue.take({ records: 4, bytes: 1000 })!)
      t.equal(queue.room.records, 4)
      await recorder.until(() => recorder.writableCalls > before)
      queue.offer(recordsOf(4), 10)
      t.equal(queue.size.records, 10)
    }),
  )

  await t.test('a piece that is set aside leaves the bound, but the queue is not empty without it', (t) =>
    withQueue(async (queue, recorder) => {
      queue.offer(recordsOf(5), 0)
      await recorder.until(() => queue.waiting === 5)
      const aside = queue.take({ records: 2, bytes: 100 })!
      queue.setAside(aside)
      finish(queue, queue.take(everything)!)
      t.same(queue.size, { records: 0, bytes: 0 })
      t.throws(() => queue.giveBack(aside), { name: 'InvariantError' })
      t.equal(queue.empty, false)
      queue.settle(aside)
      await recorder.until(() => queue.empty)
    }),
  )

  await t.test('a queue is empty only when all that was offered is settled', (t) =>
    withQueue(async (queue, recorder) => {
      t.equal(queue.empty, true)
      queue.offer(recordsOf(2), 0)
      t.equal(queue.empty, false)
      await recorder.until(() => queue.waiting === 2)
      const piece = queue.take(everything)!
      queue.decide(piece)
      t.equal(queue.empty, false)
      queue.settle({ from: 1, to: 2 })
      t.equal(queue.empty, false)
      queue.settle({ from: 0, to: 1 })
      await recorder.until(() => queue.empty)
    }),
  )

  await t.test('settling what was not decided, or settling twice, is refused', (t) =>
    withQueue(async (queue, recorder) => {
      queue.offer(recordsOf(2), 0)
      await recorder.until(() => queue.waiting === 2)
      t.throws(() => queue.settle({ from: 0, to: 1 }), { name: 'InvariantError' })
      const piece = queue.take(everything)!
      t.throws(() => queue.settle({ from: 0, to: 1 }), { name: 'InvariantError' })
      finish(queue, piece)
      t.throws(() => queue.settle({ from: 0, to: 1 }), { name: 'InvariantError' })
      t.throws(() => queue.decide(piece), { name: 'InvariantError' })
    }),
  )

  await t.test('the results of one record are never taken apart', (t) =>
    withQueue(async (queue, recorder) => {
      queue.offer(resultsOf([2, 3, 1, 4]), 0)
      await recorder.until(() => queue.waiting === 10)
      t.match(queue.take({ records: 4, bytes: 1000 }), { from: 0, to: 2 })
      t.match(queue.take({ records: 1, bytes: 1000 }), { from: 2, to: 5 }, 'one record at the least')
      const rest = queue.take(everything)!
      t.match(rest, { from: 5, to: 10, skip: 5 })
      t.same([...rest.batch.origins!.deltas!], [0, 0, 1, 1, 1, 2, 3, 3, 3, 3])
    }),
  )

  await t.test('every record settles exactly once, whatever the order of what happens to it', (t) =>
    settlesEverythingOnce(t, subject),
  )
}
