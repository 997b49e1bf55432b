import fc from 'fast-check'
import t from 'tap'
import { retryDelay, Shelf } from '../../src/flow/retry.js'

const policies = fc.record({
  attempts: fc.integer({ min: 1, max: 10 }),
  backoff: fc.integer({ min: 0, max: 1000 }),
  factor: fc.integer({ min: 1, max: 5 }),
  maxBackoff: fc.integer({ min: 0, max: 30_000 }),
})

t.test('a record is tried as often as the policy says, and waits at most the longest backoff', async (t) => {
  fc.assert(
    fc.property(policies, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (policy, random) => {
      let attempt = 1
      for (; ; attempt++) {
        const delay = retryDelay(policy, attempt, random)
        if (delay === undefined) break
        const full = Math.min(policy.maxBackoff, policy.backoff * policy.factor ** (attempt - 1))
        if (delay < full / 2 || delay > full) return false
      }
      return attempt === policy.attempts
    }),
  )
  t.pass()
})

t.test('what waits comes back once, when it is due, in the order of the times', async (t) => {
  const puts = fc.array(fc.record({ due: fc.nat(20), wait: fc.nat(3) }), { maxLength: 60 })
  fc.assert(
    fc.property(puts, (history) => {
      const shelf = new Shelf<number>()
      const dues = new Map<number, number>()
      let now = 0
      let item = 0
      for (const { due, wait } of history) {
        dues.set(item, now + due)
        shelf.put(item++, now + due)
        now += wait
        let last = -1
        for (let back = shelf.takeDue(now); back !== undefined; back = shelf.takeDue(now)) {
          const due = dues.get(back)
          if (due === undefined || due > now || due < last) return false
          last = due
          dues.delete(back)
        }
        if (shelf.size !== dues.size || [...dues.values()].some((due) => due <= now)) return false
        if (shelf.nextDue !== (dues.size ? Math.min(...dues.values()) : undefined)) return false
      }
      const rest = shelf.takeAll()
      return shelf.size === 0 && rest.toSorted((a, b) => a - b).join() === [...dues.keys()].join()
    }),
  )
  t.pass()
})

t.test('what is due at the same time comes back in the order it was put', async (t) => {
  const shelf = new Shelf<number>()
  for (let item = 0; item < 50; item++) shelf.put(item, 7)
  const back: (number | undefined)[] = []
  while (shelf.size > 0) back.push(shelf.takeDue(7))
  t.same(back, [...Array(50).keys()])
})
