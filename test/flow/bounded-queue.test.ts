import fc from 'fast-check'
import t from 'tap'
import { BoundedQueue } from '../../src/flow/bounded-queue.js'
import type { Amount } from '../../src/model/amount.js'
import { fits } from '../../src/model/amount.js'
import { amountOf, type Batch, type Piece } from '../../src/model/batch.js'
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
    fc.record({ offer: batches }),
    fc.record({ take: fc.record({ records: fc.nat(12), bytes: fc.nat(300) }) }),
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
      const gone: Piece[] = []
      let offered = 0
      for (const step of history) {
        if ('offer' in step) {
          const amount = amountOf({ batch: step.offer, from: 0, to: step.offer.width, skip: 0 })
          if (!fits(amount, queue.room)) continue
          offered = queue.offer(step.offer).to
        } else if ('take' in step) {
          const piece = queue.take(step.take)
          if (piece) taken.push(piece)
        } else if (taken.length > 0) {
          const index = ('giveBack' in step ? step.giveBack : step.release) % taken.length
          const [piece] = taken.splice(index, 1)
          if ('giveBack' in step) queue.giveBack(piece!)
          else {
            queue.release(piece!)
            gone.push(piece!)
          }
        }
        if (!fits(queue.size, capacity)) return false
        if (queue.waiting > queue.size.records) return false
      }
      for (let piece = queue.take(everything); piece; piece = queue.take(everything)) taken.push(piece)
      for (const piece of taken) queue.release(piece)
      const all = [...gone, ...taken].toSorted((a, b) => a.from - b.from)
      return (
        all.every((piece, i) => piece.from === (i === 0 ? 0 : all[i - 1]!.to)) &&
        (all.at(-1)?.to ?? 0) === offered &&
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
        for (const batch of offers) queue.offer(batch)
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
  queue.offer(recordsOf(40))
  t.throws(() => queue.offer(recordsOf(1)), { name: 'InvariantError' })
  queue.offer(recordsOf(1), true)
  t.equal(queue.size.records, 41)
  t.equal(queue.room.records, 0)
})

t.test('releasing more than there is, is refused', async (t) => {
  const queue = new BoundedQueue(capacity)
  queue.offer(recordsOf(2))
  const piece = queue.take(everything)!
  queue.release(piece)
  t.throws(() => queue.release(piece), { name: 'InvariantError' })
})
