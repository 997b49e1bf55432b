import fc from 'fast-check'
import t from 'tap'
import { clipPairs, commonPairs, lengthOfPairs, pairsOf, placesIn, sortPairs } from '../../src/model/pairs.js'

const places = fc.array(fc.nat(30), { maxLength: 20 })

t.test('pairs in order have the same places, each once, and no neighbours apart', async (t) => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(30), { maxLength: 20 }), (some) => {
      const sorted = sortPairs(pairsOf(some))
      const inOrder = some.toSorted((a, b) => a - b)
      return [...placesIn(sorted)].join() === inOrder.join() && sorted.join() === pairsOf(inOrder).join()
    }),
  )
  t.pass()
})

t.test('what is clipped lies within, and all of that', async (t) => {
  fc.assert(
    fc.property(places, fc.nat(30), fc.nat(30), (some, from, to) => {
      const pairs = pairsOf(some.toSorted((a, b) => a - b))
      const within = [...placesIn(pairs)].filter((place) => from <= place && place < to)
      const clipped = clipPairs(pairs, from, to)
      return [...placesIn(clipped)].join() === within.join() && lengthOfPairs(clipped) === within.length
    }),
  )
  t.same(clipPairs([3, 7], Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY), [3, 7])
})

t.test('what two lists have in common is in both', async (t) => {
  fc.assert(
    fc.property(places, places, (some, others) => {
      const [a, b] = [some, others].map((list) => pairsOf(list.toSorted((x, y) => x - y))) as [
        number[],
        number[],
      ]
      const both = [...placesIn(a)].filter((place) => [...placesIn(b)].includes(place))
      return [...placesIn(commonPairs(a, b))].join() === both.join()
    }),
  )
  t.pass()
})
