import fc from 'fast-check'
import t from 'tap'
import { BoundedQueue } from '../../src/flow/bounded-queue.js'
import type { Amount } from '../../src/model/amount.js'
import { fits } from '../../src/model/amount.js'
import { amountOf, type Batch, type Piece } from '../../src/model/batch.js'
import { Ranges } from '../../src/model/ranges.js'
import { byteRange, everything, recordsOf, resultsOf } from '../queue/batches.js'

const capacity: Amount = { records: 30, bytes: 600 }

const batches: fc.Arbitrary<Batch> = fc.oneof(
  fc.tuple(fc.integer({ min: 1, max: 9 }), fc.nat(300)).map(([count, bytes]) => ({
    width: count,
    count,
    payload: new Uint8Array(bytes),
  })),
  fc.integer({ min: 1, max: 9999 }).map(byteRange),
  fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 }).map((counts) => resultsOf(counts)),
)

const steps = fc.array(
  fc.oneof(
    fc.record({ offer: batches, gap: fc.oneof(fc.constant(0), fc.nat(100)) }),
    fc.record({
      take: fc.record({ records: fc.nat(12), bytes: fc.nat(300) }),
      before: fc.option(fc.nat(500), { nil: undefined }),
    }),
    fc.record({ giveBack: fc.nat() }),
    fc.record({ release: fc.nat() }),
  ),
  { maxLength: 80 },
)

t.test('a bounded queue never holds more than its capacity, and every record leaves it once', async (t) => {
  fc.assert(
    fc.property(steps, (history) => {
      const queue = new BoundedQueue(capacity)
      const taken: Piece[] = []
      const offered = new Ranges()
      const gone = new Ranges()
      let next = 0
      const release = (piece: Piece) => {
        queue.release(piece)
        return gone.add(piece.from, piece.to) === piece.to - piece.from
      }
      for (const step of history) {
        if ('offer' in step) {
          const from = next + step.gap
          const to = from + step.offer.width
          if (!fits(amountOf({ batch: step.offer, from, to, skip: 0 }), queue.room)) continue
          queue.offer(step.offer, from)
          offered.add(from, to)
          next = to
        } else if ('take' in step) {
          const piece = queue.take(step.take, step.before)
          if (piece && piece.to > (step.before ?? piece.to)) return false
          if (piece) taken.push(piece)
        } else if (taken.length > 0) {
          const index = ('giveBack' in step ? step.giveBack : step.release) % taken.length
          const [piece] = taken.splice(index, 1)
          if ('giveBack' in step) queue.giveBack(piece!)
          else if (!release(piece!)) return false
        }
        if (!fits(queue.size, capacity)) return false
        if (queue.waiting > queue.size.records) return false
      }
      for (let piece = queue.take(everything); piece; piece = queue.take(everything)) taken.push(piece)
      return (
        taken.every(release) &&
        JSON.stringify([...gone]) === JSON.stringify([...offered]) &&
        queue.size.records === 0 &&
        queue.size.bytes === 0 &&
        queue.waiting === 0
      )
    }),
    { numRuns: 1000 },
  )
  t.pass()
})

t.test('what is taken stays within the limit, but for a single record that is larger than it', async (t) => {
  fc.assert(
    fc.property(
      fc.array(batches, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 200 }),
      (offers, records, bytes) => {
        const queue = new BoundedQueue({ records: 1000, bytes: 100_000 })
        let next = 0
        for (const batch of offers) {
          queue.offer(batch, next)
          next += batch.width
        }
        for (let piece = queue.take({ records, bytes }); piece; piece = queue.take({ records, bytes })) {
          const { batch, skip, from, to } = piece
          const deltas = batch.origins?.deltas
          const single =
            batch.count === undefined ||
            (deltas ? deltas[skip] === deltas[skip + to - from - 1] : to - from === 1)
          if (!single && !fits(amountOf(piece), { records, bytes })) return false
        }
        return queue.waiting === 0
      },
    ),
    { numRuns: 1000 },
  )
  t.pass()
})

t.test('an offer beyond the room is refused, unless the queue is empty or it is an overdraft', async (t) => {
  const queue = new BoundedQueue(capacity)
  queue.offer(recordsOf(40), 0)
  t.throws(() => queue.offer(recordsOf(1), 40), { name: 'InvariantError' })
  queue.offer(recordsOf(1), 40, true)
  t.equal(queue.size.records, 41)
  t.equal(queue.room.records, 0)
})

t.test('places only go up, and keep the gaps that their producer left', async (t) => {
  const queue = new BoundedQueue(capacity)
  queue.offer(recordsOf(2), 7)
  queue.offer(recordsOf(2), 20)
  for (const back of [0, 9, 20, 21])
    t.throws(() => queue.offer(recordsOf(1), back), { name: 'InvariantError' })
  t.match(queue.take(everything), { from: 7, to: 9 })
  t.match(queue.take(everything), { from: 20, to: 22 })
})

t.test('what lies before a place is taken, and nothing is taken apart for it', async (t) => {
  const queue = new BoundedQueue({ records: 100, bytes: 600 })
  queue.offer(recordsOf(3), 0)
  queue.offer(resultsOf([2, 3]), 3)
  queue.offer(byteRange(500), 8)
  t.equal(queue.take(everything, 0), undefined)
  t.match(queue.take(everything, 2), { from: 0, to: 2 })
  t.match(queue.take(everything, 4), { from: 2, to: 3 })
  t.equal(queue.take(everything, 4), undefined, 'half of the results of a record stay with the other half')
  t.match(queue.take(everything, 7), { from: 3, to: 5 })
  t.match(queue.take({ records: 1, bytes: 1 }, 8), { from: 5, to: 8 }, 'one record at the least')
  t.equal(queue.take(everything, 507), undefined, 'a range that nobody has read stays whole')
  t.match(queue.take(everything, 508), { from: 8, to: 508 })
  t.equal(queue.waiting, 0)
})

t.test('releasing more than there is, is refused', async (t) => {
  const queue = new BoundedQueue(capacity)
  queue.offer(recordsOf(2), 0)
  const piece = queue.take(everything)!
  queue.release(piece)
  t.throws(() => queue.release(piece), { name: 'InvariantError' })
})
