import fc from 'fast-check'
import t from 'tap'
import { Receiver } from '../../src/flow/receiver.js'
import { Window } from '../../src/flow/window.js'

const AT_ONCE = 8
const BYTES = 1000

t.test('a window is never overrun, and never dry while a record could begin', async (t) => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ arrive: fc.integer({ min: 1, max: 8 }) }),
      fc.record({ begin: fc.integer({ min: 1, max: 8 }) }),
      fc.record({ finish: fc.integer({ min: 1, max: 8 }) }),
    ),
    { maxLength: 60 },
  )
  fc.assert(
    fc.property(steps, (history) => {
      const receiver = new Receiver(new Window(AT_ONCE, AT_ONCE), BYTES)
      let credit = receiver.grant().records
      let waiting = 0
      let begun = 0
      for (const step of history) {
        if ('arrive' in step) {
          const records = Math.min(step.arrive, credit)
          receiver.arrived({ records, bytes: records })
          credit -= records
          waiting += records
        } else if ('begin' in step) {
          const records = Math.min(step.begin, waiting, AT_ONCE - begun)
          waiting -= records
          begun += records
        } else {
          const records = Math.min(step.finish, begun)
          receiver.finished(records)
          begun -= records
          credit += receiver.grant(waiting).records
          if (begun < AT_ONCE && waiting + credit === 0) return false
        }
        if (waiting + begun + credit > AT_ONCE) return false
      }
      return true
    }),
  )
  t.pass()
})

t.test('what has not begun counts as at hand until half of the window is used up', async (t) => {
  const receiver = new Receiver(new Window(10, 10), BYTES)
  t.same(receiver.grant(), { records: 10, bytes: BYTES })
  receiver.arrived({ records: 10, bytes: 100 })
  receiver.finished(4)
  t.equal(receiver.grant().records, 0)
  receiver.finished(1)
  t.equal(receiver.grant().records, 5)
})
