import fc from 'fast-check'
import t from 'tap'
import { Account } from '../../src/flow/account.js'

t.test('read is always delivered, dropped, dead-lettered, returned and in flight together', async (t) => {
  const outcomes = fc.array(fc.constantFrom('read', 'delivered', 'dropped', 'deadLettered'), {
    maxLength: 100,
  })
  fc.assert(
    fc.property(outcomes, (history) => {
      const account = new Account()
      for (const outcome of history) {
        if (outcome !== 'read' && account.inFlight === 0) continue
        account.counters[outcome]++
        const { read, delivered, dropped, deadLettered } = account.counters
        if (account.settled !== delivered + dropped + deadLettered) return false
        if (account.inFlight !== read - account.settled) return false
      }
      const left = account.inFlight
      const { read, delivered, dropped, deadLettered, returned } = account.close()
      return (
        returned === left && read === delivered + dropped + deadLettered + returned && account.inFlight === 0
      )
    }),
  )
  t.pass()
})
