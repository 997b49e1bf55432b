import fc from 'fast-check'
import t from 'tap'
import { RateLimit } from '../../src/flow/rate.js'

const rates = fc.oneof(
  fc.constantFrom(0.5, 1, 3, 20, 200, 1_000_000),
  fc.double({ min: 0.01, max: 1_000_000, noNaN: true }),
)
const burstOf = (perSecond: number) => Math.max(1, perSecond * 0.05)

/** Begins all that is allowed whenever it is told to look. Returns how many began, and when it ended. */
function run(limit: RateLimit, looks: number, late: (look: number) => number) {
  let now = 0
  let begun = 0
  for (let look = 0; look < looks; look++) {
    now = limit.nextAt(now)! + late(look)
    const allowed = limit.allowed(now)
    if (allowed < 1) throw new Error(`nothing is allowed at ${now}, when something should be`)
    limit.spend(allowed)
    begun += allowed
  }
  return { begun, now }
}

t.test('the average over a long run is the rate, from 0.5/s to 1,000,000/s', async (t) => {
  for (const perSecond of [0.5, 3, 19.9, 100, 333, 7_777, 1_000_000]) {
    const { begun, now } = run(new RateLimit(perSecond, 0), 100_000, () => 0)
    const due = (perSecond * now) / 1000
    t.ok(Math.abs(begun - due) <= burstOf(perSecond) + 2, `${begun} of ${due} at ${perSecond}/s`)
  }
})

t.test('timers that are up to 20 ms late do not lower the average', async (t) => {
  fc.assert(
    fc.property(rates, fc.array(fc.nat(20), { minLength: 1, maxLength: 50 }), (perSecond, delays) => {
      const { begun, now } = run(new RateLimit(perSecond, 0), 2_000, (look) => delays[look % delays.length]!)
      return begun >= Math.floor((perSecond * now) / 1000)
    }),
  )
  t.pass()
})

t.test('in no span of time more begin than its share and one burst, however the clock jumps', async (t) => {
  const waits = fc.array(
    fc.oneof(fc.double({ min: 0, max: 100, noNaN: true }), fc.constantFrom(0, 3_600_000, 1e10)),
    { minLength: 1, maxLength: 80 },
  )
  fc.assert(
    fc.property(rates, waits, fc.infiniteStream(fc.nat(20)), (perSecond, jumps, wanted) => {
      const limit = new RateLimit(perSecond, 0)
      const begun: { readonly at: number; readonly records: number }[] = []
      let now = 0
      for (const jump of jumps) {
        now += jump
        const allowed = limit.allowed(now)
        if (!Number.isInteger(allowed) || allowed < 0 || allowed > burstOf(perSecond)) return false
        // Some take all that they may, some less.
        const records = Math.min(allowed, wanted.next().value > 10 ? allowed : wanted.next().value)
        limit.spend(records)
        begun.push({ at: now, records })
      }
      return begun.every(({ at: from }, first) => {
        let sum = 0
        return begun.slice(first).every(({ at, records }) => {
          sum += records
          const share = (perSecond * (at - from)) / 1000
          // A record that was nearly earned when the burst began is due soon after it.
          return sum <= burstOf(perSecond) + share + 1 && (at > from || sum <= burstOf(perSecond))
        })
      })
    }),
  )
  t.pass()
})

t.test('a wait is never in vain, and at high rates lets several begin', async (t) => {
  fc.assert(
    fc.property(
      rates,
      fc.double({ min: 0, max: 1e9, noNaN: true }),
      fc.nat(5_000),
      (perSecond, now, taken) => {
        const limit = new RateLimit(perSecond, now)
        limit.spend(taken)
        const next = limit.nextAt(now)!
        if (limit.allowed(now) > 0) return next === now
        const burst = taken > burstOf(perSecond) ? 1 : Math.floor(perSecond * 0.005)
        return next >= now + 5 && limit.allowed(next) >= Math.max(1, burst)
      },
    ),
  )
  t.pass()
})

t.test('one record may begin at once, and the next when its time has come', async (t) => {
  const limit = new RateLimit(0.5, 0)
  t.equal(limit.allowed(0), 1)
  limit.spend(1)
  t.same([limit.allowed(0), limit.nextAt(0), limit.allowed(1_999), limit.allowed(2_000)], [0, 2_000, 0, 1])
})

t.test('a batch that was more than allowed delays what follows by as much', async (t) => {
  const limit = new RateLimit(100, 0)
  limit.spend(105)
  t.same([limit.allowed(500), limit.nextAt(500), limit.allowed(1_010)], [0, 1_010, 1])
})

t.test('without a limit everything may begin, and there is nothing to wait for', async (t) => {
  const limit = new RateLimit(undefined, 0)
  limit.spend(1e9)
  t.same([limit.allowed(0), limit.nextAt(0)], [Number.POSITIVE_INFINITY, undefined])
})

t.test('a rate that is set while it runs holds from that moment', async (t) => {
  const limit = new RateLimit(undefined, 0)
  limit.set(10, 1_000)
  t.equal(limit.allowed(1_000), 1)
  limit.spend(1)
  t.equal(limit.nextAt(1_000), 1_100)
  limit.set(2, 1_000)
  t.equal(limit.nextAt(1_000), 1_500)
  limit.set(undefined, 1_000)
  t.equal(limit.allowed(1_000), Number.POSITIVE_INFINITY)
})

t.test('setting rates over and over lets no more through than the fastest of them would', async (t) => {
  const steps = fc.array(fc.record({ perSecond: rates, wait: fc.nat(50) }), { minLength: 1 })
  fc.assert(
    fc.property(steps, (history) => {
      const limit = new RateLimit(history[0]!.perSecond, 0)
      let [now, begun, earned, burst] = [0, 0, 0, 0]
      for (const { perSecond, wait } of history) {
        limit.set(perSecond, now)
        burst = Math.max(burst, burstOf(perSecond))
        now += wait
        earned += (perSecond * wait) / 1000
        const allowed = limit.allowed(now)
        limit.spend(allowed)
        begun += allowed
      }
      return begun <= earned + burst + 1e-3
    }),
  )
  t.pass()
})

t.test('who slows down after a batch that was too large need not wait for its debt', async (t) => {
  const limit = new RateLimit(1_000_000, 0)
  limit.spend(60_000)
  limit.set(1, 0)
  t.equal(limit.nextAt(0), 1_000)
})
