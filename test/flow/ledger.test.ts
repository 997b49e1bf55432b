import fc from 'fast-check'
import t from 'tap'
import { type Holding, Ledger } from '../../src/flow/ledger.js'
import type { Piece } from '../../src/model/batch.js'
import { Ranges } from '../../src/model/ranges.js'
import { byteRange, recordsOf } from '../queue/batches.js'

const holders = ['worker:1', 'worker:2', 'worker:3'] as const

const pieceOf = (from: number, width: number, counted = true): Piece => ({
  batch: counted ? recordsOf(width) : byteRange(width),
  from,
  to: from + width,
  skip: 0,
})

const lent = (piece: Piece, attempt = 1): Holding => ({ piece, attempt, since: 0 })

const steps = fc.array(
  fc.record({
    verb: fc.constantFrom('lend', 'lend', 'finish', 'finish', 'die'),
    holder: fc.constantFrom(...holders),
    width: fc.integer({ min: 1, max: 9 }),
    counted: fc.boolean(),
    at: fc.nat(),
  }),
  { maxLength: 80 },
)

t.test(
  'every place that was lent is finished or lost exactly once, whatever the order of reports and deaths',
  async (t) => {
    fc.assert(
      fc.property(steps, (history) => {
        const ledger = new Ledger()
        const held = new Map<string, Ranges>(holders.map((holder) => [holder, new Ranges()]))
        const back = new Ranges()
        let next = 0
        const comesBack = (holder: string, parts: readonly Holding[]) => {
          let last = -1
          return parts.every(({ piece: { from, to, skip, batch } }) => {
            const inOrder = from > last
            last = from
            const cutRight = skip >= 0 && skip + to - from <= batch.width
            const wasHeld = held.get(holder)!.remove(from, to) === to - from
            return inOrder && cutRight && wasHeld && back.add(from, to) === to - from
          })
        }
        for (const { verb, holder, width, counted, at } of history) {
          const places = held.get(holder)!
          if (verb === 'lend') {
            ledger.lend(holder, lent(pieceOf(next, width, counted)))
            places.add(next, next + width)
            next += width + (at % 2)
          } else if (verb === 'die') {
            if (!comesBack(holder, ledger.loseAll(holder)) || places.size > 0) return false
          } else if (places.size > 0) {
            const run = [...places][at % places.runs]!
            const from = run.from + (at % (run.to - run.from))
            const to = Math.min(run.to, from + width)
            if (!comesBack(holder, ledger.finish(holder, from, to))) return false
          }
          if (holders.some((name) => ledger.inHand(name) !== held.get(name)!.size)) return false
        }
        for (const holder of holders) if (!comesBack(holder, ledger.loseAll(holder))) return false
        return ledger.empty
      }),
      { numRuns: 1000 },
    )
    t.pass()
  },
)

t.test('no place is lent twice at a time', async (t) => {
  const ledger = new Ledger()
  ledger.lend('worker:1', lent(pieceOf(0, 5)))
  t.throws(() => ledger.lend('worker:2', lent(pieceOf(4, 2))), { name: 'InvariantError' })
  t.throws(() => ledger.lend('worker:1', lent(pieceOf(0, 1))), { name: 'InvariantError' })
  ledger.finish('worker:1', 0, 5)
  ledger.lend('worker:2', lent(pieceOf(4, 2), 2))
  t.same(
    ledger.hand('worker:2').map(({ attempt }) => attempt),
    [2],
  )
})

t.test('a holder that reports what it does not hold is refused, and keeps what it has', async (t) => {
  const ledger = new Ledger()
  ledger.lend('worker:1', lent(pieceOf(0, 5)))
  ledger.lend('worker:2', lent(pieceOf(5, 5)))
  t.throws(() => ledger.finish('worker:1', 4, 6), { name: 'InvariantError' })
  t.throws(() => ledger.finish('worker:3', 0, 1), { name: 'InvariantError' })
  t.same(
    ledger.loseAll('worker:1').map(({ piece: { from, to } }) => ({ from, to })),
    [{ from: 0, to: 5 }],
  )
})
