import fc from 'fast-check'
import t from 'tap'
import { Credit, refill } from '../../src/flow/credit.js'
import { fits, minus, nothing, plus } from '../../src/model/amount.js'

const amounts = fc.record({ records: fc.nat(50), bytes: fc.nat(500) })
const capacities = fc.record({
  records: fc.integer({ min: 1, max: 50 }),
  bytes: fc.integer({ min: 1, max: 500 }),
})

t.test('credit is what was granted and not spent, and never negative', async (t) => {
  const steps = fc.array(fc.record({ verb: fc.constantFrom('grant', 'spend', 'spendUpTo'), amount: amounts }))
  fc.assert(
    fc.property(steps, (history) => {
      const credit = new Credit()
      for (const { verb, amount } of history) {
        const before = credit.available
        if (verb === 'grant') credit.grant(amount)
        else if (verb === 'spendUpTo') credit.spendUpTo(amount)
        else if (credit.allows(amount)) credit.spend(amount)
        else {
          let refused = false
          try {
            credit.spend(amount)
          } catch {
            refused = true
          }
          if (!refused || credit.available !== before) return false
        }
        if (credit.available.records < 0 || credit.available.bytes < 0) return false
      }
      return true
    }),
  )
  t.throws(() => new Credit().grant({ records: -1, bytes: 0 }), { name: 'InvariantError' })
})

t.test('a receiver that refills never has granted and used more than its capacity', async (t) => {
  const steps = fc.array(fc.record({ arrives: fc.boolean(), amount: amounts }), { maxLength: 60 })
  fc.assert(
    fc.property(capacities, steps, (capacity, history) => {
      const credit = new Credit()
      let used = nothing
      for (const { arrives, amount } of history) {
        credit.grant(refill(capacity, used, credit.available))
        if (!fits(plus(used, credit.available), capacity)) return false
        if (arrives && credit.allows(amount)) {
          credit.spend(amount)
          used = plus(used, amount)
        } else if (!arrives && fits(amount, used)) used = minus(used, amount)
      }
      return true
    }),
  )
  t.pass()
})

t.test(
  'an idle receiver has granted more than half of its capacity, so that nobody waits for the rest',
  async (t) => {
    fc.assert(
      fc.property(amounts, (amount) => {
        const capacity = plus(amount, { records: 1, bytes: 1 })
        const credit = new Credit()
        credit.grant(refill(capacity, nothing, credit.available))
        const { records, bytes } = credit.available
        return records === capacity.records && bytes === capacity.bytes
      }),
    )
    t.same(refill({ records: 10, bytes: 100 }, { records: 3, bytes: 10 }, { records: 4, bytes: 50 }), nothing)
    t.same(refill({ records: 10, bytes: 100 }, { records: 3, bytes: 10 }, { records: 2, bytes: 30 }), {
      records: 5,
      bytes: 60,
    })
    t.same(refill({ records: 1, bytes: 100 }, { records: 1, bytes: 10 }, nothing), { records: 0, bytes: 90 })
  },
)

t.test('what is held for ever leaves its sender credit for the rest, if somebody waits for it', async (t) => {
  fc.assert(
    fc.property(capacities, amounts, fc.array(amounts), (capacity, held, sent) => {
      if (!fits(plus(held, { records: 1, bytes: 1 }), capacity)) return true
      const credit = new Credit()
      for (const amount of sent) {
        credit.grant(refill(capacity, held, credit.available, true))
        // It comes and goes again at once.
        if (credit.allows(amount)) credit.spend(amount)
        else credit.spendUpTo({ records: amount.records, bytes: 0 })
      }
      credit.grant(refill(capacity, held, credit.available, true))
      const { records, bytes } = credit.available
      return records >= 1 && bytes >= 1 && fits(plus(held, credit.available), capacity)
    }),
  )
  t.pass()
})
