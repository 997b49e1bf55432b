import fc from 'fast-check'
import t from 'tap'
import { drawPlan, fateOf } from '../../chaos/behaviour.js'
import { randomFrom } from '../../chaos/random.js'

t.test(
  'as many records misbehave as there should be, each in one way, the same for the same seed',
  async () => {
    const dealt = fc.property(fc.nat(), fc.nat(20), fc.nat(20), (seed, drop, throwAlways) => {
      const draw = () => drawPlan(randomFrom(seed, 'plan'), { drop, throwAlways }, 200)
      const behaviours = [...draw().values()]
      t.same([...draw()], [...draw()])
      const count = (name: string) => behaviours.filter((each) => each === name).length
      return count('drop') === drop && count('throwAlways') === throwAlways
    })
    fc.assert(dealt, { numRuns: 50 })
  },
)

t.test('what becomes of a record is known beforehand', async (t) => {
  const plan = new Map([
    [1, 'drop'],
    [2, 'exitAlways'],
    [3, 'exitOnce'],
    [5, 'several'],
  ] as const)
  t.same(fateOf(plan, 0), { kind: 'delivered', results: 1 })
  t.same(fateOf(plan, 1), { kind: 'dropped' })
  t.same(fateOf(plan, 2), { kind: 'deadLettered' })
  t.same(fateOf(plan, 3), { kind: 'delivered', results: 1 })
  t.same(fateOf(plan, 5), { kind: 'delivered', results: 3 })
})
