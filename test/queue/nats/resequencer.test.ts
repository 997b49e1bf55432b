import fc from 'fast-check'
import t from 'tap'
import { Resequencer } from '../../../src/queue/nats/resequencer.js'

t.test(
  'whatever order things arrive in, they come out once each and in the order of their numbers',
  async (t) => {
    const arrivals = fc.integer({ min: 1, max: 20 }).chain((count) =>
      fc.shuffledSubarray(
        [...Array(2 * count).keys()].map((i) => i % count),
        { minLength: 2 * count },
      ),
    )
    fc.assert(
      fc.property(arrivals, (numbers) => {
        const resequencer = new Resequencer<{ readonly number: number }>()
        const arrived = new Set<number>()
        const out: number[] = []
        for (const number of numbers) {
          if (resequencer.knows(number) !== arrived.has(number)) return false
          arrived.add(number)
          if (resequencer.knows(number)) continue
          out.push(...resequencer.accept(number, { number }).map((item) => item.number))
        }
        return out.length === numbers.length / 2 && out.every((number, i) => number === i)
      }),
    )
    t.pass()
  },
)

t.test('nothing is kept back longer than until what is missing before it arrives', async (t) => {
  const resequencer = new Resequencer<string[]>()
  t.same(resequencer.accept(0, ['a']), [['a']])
  t.same(resequencer.accept(2, ['c']), [])
  t.same(resequencer.accept(4, ['e']), [])
  t.same(resequencer.accept(1, ['b']), [['b'], ['c']])
  t.same(resequencer.accept(3, ['d']), [['d'], ['e']])
})
