import fc from 'fast-check'
import t from 'tap'
import { cut } from '../../../src/model/batch.js'
import { Completion } from '../../../src/primary/router/completion.js'
import { recordsOf, resultsOf } from '../../queue/batches.js'

t.test(
  'a record is complete once, when all its results are confirmed, in whatever pieces and order',
  async (t) => {
    const counts = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 })
    const cuts = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 9 })
    fc.assert(
      fc.property(counts, cuts, fc.array(fc.nat()), fc.nat(50), (perRecord, lengths, order, base) => {
        const batch = resultsOf(perRecord)
        const whole = { batch, from: base, to: base + batch.width, skip: 0 }
        const refused = new Set([base + (lengths[0]! % batch.width)])
        const pieces = []
        for (let at = base, turn = 0; at < whole.to; turn++) {
          const end = Math.min(whole.to, at + lengths[turn % lengths.length]!)
          pieces.push({ piece: cut(whole, at, end), by: order[turn] ?? 0 })
          at = end
        }
        const completion = new Completion()
        const completed = pieces
          .sort((a, b) => a.by - b.by)
          .flatMap(({ piece }) => completion.add(piece, refused))
        const spans = completed.toSorted((a, b) => a.from - b.from)
        return (
          spans.every(({ from }, index) => from === (index === 0 ? base : spans[index - 1]!.to)) &&
          spans.at(-1)!.to === whole.to &&
          completed.reduce((sum, { records }) => sum + records, 0) === perRecord.length &&
          completed.reduce((sum, { dead }) => sum + dead, 0) === 1
        )
      }),
      { numRuns: 1000 },
    )
    t.pass()
  },
)

t.test('a batch of one result a record is complete at once', async (t) => {
  const piece = { batch: recordsOf(9), from: 4, to: 7, skip: 2 }
  t.same(new Completion().add(piece, new Set([5])), [{ from: 4, to: 7, records: 3, dead: 1 }])
})
