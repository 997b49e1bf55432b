import fc from 'fast-check'
import t from 'tap'
import { type Grant, Slots } from '../../src/flow/slots.js'

const MOST = 6
const keys = ['writer/1', 'worker:1/1', 'worker:2/1']

const steps = fc.array(
  fc.oneof(
    fc.record({ grant: fc.constantFrom(...keys), wanted: fc.nat(4) }),
    fc.record({ fill: fc.nat() }),
    fc.record({ release: fc.nat() }),
    fc.record({ lose: fc.constantFrom(...keys) }),
  ),
  { maxLength: 60 },
)

const take = <Item>(items: Item[], at: number): Item | undefined => items.splice(at % items.length, 1)[0]

t.test('a slot is in one hand at most, and never the same twice', async (t) => {
  fc.assert(
    fc.property(steps, (history) => {
      const slots = new Slots(MOST)
      const granted: (Grant & { readonly key: string })[] = []
      const filled: Grant[] = []
      const seen = new Set<string>()
      for (const step of history) {
        if ('grant' in step) {
          const free = MOST - granted.length - filled.length
          const grants = slots.grant(step.grant, step.wanted)
          if (grants.length !== Math.min(free, step.wanted)) return false
          for (const grant of grants) {
            if ([...granted, ...filled].some(({ slot }) => slot === grant.slot)) return false
            if (seen.has(JSON.stringify(grant))) return false
            seen.add(JSON.stringify(grant))
            granted.push({ ...grant, key: step.grant })
          }
        } else if ('fill' in step) {
          const grant = take(granted, step.fill)
          if (grant) slots.fill(grant.key, grant)
          if (grant) filled.push(grant)
        } else if ('release' in step) {
          const grant = take(filled, step.release)
          if (grant) slots.release(grant)
        } else {
          slots.loseAll(step.lose)
          for (let i = granted.length - 1; i >= 0; i--)
            if (granted[i]!.key === step.lose) granted.splice(i, 1)
        }
        for (const key of keys) {
          if (slots.grantedTo(key) !== granted.filter((grant) => grant.key === key).length) return false
        }
        if (slots.inUse !== granted.length + filled.length) return false
      }
      return true
    }),
    { numRuns: 500 },
  )
  t.pass()
})

t.test('what was released last is given out first', async (t) => {
  const slots = new Slots(100)
  const grants = slots.grant('writer/1', 3)
  for (const grant of grants) slots.fill('writer/1', grant)
  slots.release(grants[2]!)
  slots.release(grants[0]!)
  t.same(slots.grant('writer/1', 3), [
    { slot: 0, generation: 2 },
    { slot: 2, generation: 2 },
    { slot: 3, generation: 1 },
  ])
})

t.test('what was not granted is not filled, and what is not filled is not released', async (t) => {
  const slots = new Slots(2)
  const [grant] = slots.grant('writer/1', 1)
  t.throws(() => slots.fill('worker:1/1', grant!), /slot 0, which it was not granted/)
  t.throws(() => slots.fill('writer/1', { slot: 0, generation: 2 }), /which it was not granted/)
  const [again] = slots.grant('worker:1/1', 1)
  t.throws(() => slots.release(again!), /without being filled/)
  slots.fill('worker:1/1', again!)
  t.throws(() => slots.release({ ...again!, generation: 9 }), /without being filled, or twice/)
  slots.release(again!)
  t.throws(() => slots.release(again!), /without being filled, or twice/)
})
