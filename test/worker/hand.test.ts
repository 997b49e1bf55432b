import fc from 'fast-check'
import t from 'tap'
import { placesIn } from '../../src/model/pairs.js'
import { Hand, type Lend } from '../../src/worker/hand.js'

const lendOf = (from: number, width: number, careful: boolean): Lend => ({
  records: { values: new Array(width).fill(0), ids: { prefix: '', first: 0 } },
  from,
  attempt: 1,
  careful,
})

t.test('records are begun in the order they were lent, and given back from the end, each once', async (t) => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ skip: fc.nat(3), count: fc.integer({ min: 1, max: 6 }), careful: fc.boolean() }),
      fc.record({ begin: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ giveBack: fc.nat(8) }),
    ),
    { maxLength: 60 },
  )
  fc.assert(
    fc.property(steps, (history) => {
      const hand = new Hand()
      let model: number[] = []
      const careful = new Set<number>()
      let next = 0
      for (const step of history) {
        if ('count' in step) {
          hand.add(lendOf(next - step.skip, step.skip + step.count + 2, step.careful), step.skip, step.count)
          for (let i = 0; i < step.count; i++) {
            if (step.careful) careful.add(next)
            model.push(next++)
          }
        } else if ('begin' in step) {
          for (let i = 0; i < step.begin && hand.current; i++) {
            const { from } = hand.current
            if (from + hand.begin() !== model.shift()) return false
          }
        } else {
          const kept = Math.max(0, model.length - step.giveBack)
          const given = [...placesIn(hand.giveBack(step.giveBack))]
          if (given.join() !== model.slice(kept).join()) return false
          model = model.slice(0, kept)
        }
        if (hand.hasCareful !== model.some((place) => careful.has(place))) return false
        if (hand.size !== model.length || (hand.current === undefined) !== (model.length === 0)) return false
      }
      return true
    }),
    { numRuns: 500 },
  )
  t.pass()
})
