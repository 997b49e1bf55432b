import fc from 'fast-check'
import t from 'tap'
import { WorkerNumbers } from '../../../src/primary/elsewhere/worker-numbers.js'

t.test('workers elsewhere are numbered after those here, and no number of theirs comes again', async (t) => {
  const numbers = new WorkerNumbers()
  t.same(numbers.lend(2, [1, 2]), [3, 4])
  t.same(numbers.lend(1, [1, 2]), [5])
  t.same(numbers.own(2, [1, 2]), [6, 7], 'more here go around them')
  t.same(numbers.lend(2, [1, 2, 6, 7]), [8, 9])
})

t.test('workers here are numbered from 1 as if there were no others', async (t) => {
  const numbers = new WorkerNumbers()
  t.same(numbers.own(3, []), [1, 2, 3])
  t.same(numbers.own(1, [1, 3]), [2])
})

t.test('whoever comes and goes, no two workers have one number', async (t) => {
  const action = fc.record({ elsewhere: fc.boolean(), count: fc.integer({ min: 1, max: 5 }) })
  fc.assert(
    fc.property(fc.array(action, { maxLength: 20 }), (actions) => {
      const numbers = new WorkerNumbers()
      const own: number[] = []
      const lent: number[] = []
      for (const { elsewhere, count } of actions) {
        if (elsewhere) lent.push(...numbers.lend(count, own))
        else own.push(...numbers.own(count, own))
      }
      t.equal(new Set([...own, ...lent]).size, own.length + lent.length)
    }),
    { numRuns: 100 },
  )
})
