import fc from 'fast-check'
import t from 'tap'
import { secondsToEnd, type Way } from '../../../src/primary/insight/time-left.js'

const way: Way = {
  fraction: 0.25,
  from: { fraction: 0, read: 0 },
  read: 1000,
  inFlight: 100,
  sourceEnded: false,
  perSecond: 10,
}

t.test(
  'what is left of a source takes as long as its share of what was read, and what is in flight',
  async (t) => {
    t.equal(secondsToEnd(way), 310)
    t.equal(secondsToEnd({ ...way, from: { fraction: 0.15, read: 0 } }), 760, 'of this run, which resumed')
    t.equal(secondsToEnd({ ...way, fraction: 1 }), 10, 'all of it is read')
    t.equal(secondsToEnd({ ...way, sourceEnded: true }), 10, 'no more of it is wanted')
    t.equal(secondsToEnd({ ...way, fraction: null, sourceEnded: true, inFlight: 0 }), 0)
  },
)

t.test('nothing is said where nothing is known', async (t) => {
  t.equal(secondsToEnd({ ...way, fraction: null }), null, 'the source has no end')
  t.equal(secondsToEnd({ ...way, perSecond: 0 }), null, 'nothing moves')
  t.equal(secondsToEnd({ ...way, from: { fraction: 0.25, read: 1000 } }), null, 'nothing was read yet')
})

t.test('an estimate is a whole number of seconds, or none', async (t) => {
  const share = fc.double({ min: 0, max: 1, noNaN: true })
  const count = fc.nat(1e9)
  const ways = fc.record({
    fraction: fc.option(share),
    from: fc.record({ fraction: share, read: count }),
    read: count,
    inFlight: count,
    sourceEnded: fc.boolean(),
    perSecond: fc.double({ min: 0.001, max: 1e7, noNaN: true }),
  })
  fc.assert(
    fc.property(ways, (any) => {
      const seconds = secondsToEnd(any)
      return seconds === null || (Number.isInteger(seconds) && seconds >= 0)
    }),
  )
  t.pass()
})
