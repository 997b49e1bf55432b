import fc from 'fast-check'
import t from 'tap'
import { WorkerNumbers } from '../../../src/primary/elsewhere/worker-numbers.js'

t.test('workers elsewhere are numbered after all others, and no number of theirs comes again', async (t) => {
  const numbers = new WorkerNumbers(2)
  t.same(numbers.lend(2), [3, 4])
  t.same(numbers.lend(1), [5])
  t.same(numbers.own(2, [1, 2]), [6, 7], 'more here go around them')
  t.same(numbers.lend(2), [8, 9])
})

t.test('numbers of workers here come again here, and nowhere else', async (t) => {
  const numbers = new WorkerNumbers(1)
  t.same(numbers.own(2, [1]), [2, 3])
  t.same(numbers.lend(1), [4], 'though the two are gone')
  t.same(numbers.own(2, [1]), [2, 3])
})

t.test('however often machines come and go, there is a next number', async (t) => {
  const numbers = new WorkerNumbers(1)
  for (let i = 0; i < 1000; i++) numbers.lend(1000)
  t.same(numbers.lend(1), [1_000_002])
  t.same(numbers.own(1, [1]), [1_000_003])
})

t.test('whoever comes and goes, no two workers have one number', async (t) => {
  const action = fc.record({
    what: fc.constantFrom('elsewhere', 'more', 'fewer'),
    count: fc.integer({ min: 1, max: 5 }),
  })
  fc.assert(
    fc.property(fc.array(action, { maxLength: 20 }), (actions) => {
      const numbers = new WorkerNumbers(2)
      let own = [1, 2]
      const everOwn = new Set(own)
      const lent: number[] = []
      for (const { what, count } of actions) {
        if (what === 'elsewhere') lent.push(...numbers.lend(count))
        else if (what === 'more') own.push(...numbers.own(count, own))
        else own = own.slice(0, -count)
        for (const number of own) everOwn.add(number)
        t.equal(new Set([...everOwn, ...lent]).size, everOwn.size + lent.length)
        t.equal(new Set(own).size, own.length)
      }
    }),
    { numRuns: 100 },
  )
})
