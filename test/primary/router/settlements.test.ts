import fc from 'fast-check'
import t from 'tap'
import { Settlements } from '../../../src/primary/router/settlements.js'

t.test('every record is settled once, in whatever order its batch of results is secured', async (t) => {
  const batches = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(batches, fc.array(fc.nat()), (widths, order) => {
      const settlements = new Settlements()
      const spans: { from: number; to: number; by: number }[] = []
      let next = 0
      for (const [index, width] of widths.entries()) {
        settlements.expect({ from: next, to: next + width }, { from: 1000 + next })
        for (let place = next; place < next + width; place++) {
          spans.push({ from: place, to: place + 1, by: order[place] ?? index })
        }
        next += width
      }
      const settled = spans
        .sort((a, b) => a.by - b.by)
        .flatMap((span) => settlements.secured(span))
        .toSorted((a, b) => a.from - b.from)
      return (
        settled.length === next && settled.every(({ from, to }, at) => from === 1000 + at && to === from + 1)
      )
    }),
  )
  t.pass()
})

t.test('one message may secure the results of many batches', async (t) => {
  const settlements = new Settlements()
  settlements.expect({ from: 0, to: 3 }, { from: 10 })
  settlements.expect({ from: 3, to: 5 }, { from: 20, deltas: Uint32Array.from([5, 0]) })
  t.same(settlements.secured({ from: 1, to: 5 }), [
    { from: 11, to: 13 },
    { from: 25, to: 26 },
    { from: 20, to: 21 },
  ])
})
