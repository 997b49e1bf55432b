import t from 'tap'
import { RetryWaits } from '../../src/telemetry/retry-waits.js'
import { FakeClock } from '../fake-clock.js'

t.test('the record that waits for longest is waited for, whichever failed last', async (t) => {
  const clock = new FakeClock()
  const waits = new RetryWaits(clock)
  const fail = (inMs: number) =>
    waits.hear({ type: 'recordRetried', id: 'count:7', attempt: 1, inMs, error: 'no' })
  t.equal(waits.until, undefined)
  waits.hear({ type: 'progressed', read: 1, settled: 0, perSecond: 0, fraction: null })
  t.equal(waits.until, undefined, 'nothing else makes it wait')
  clock.pass(1000)
  fail(500)
  t.equal(waits.until, 1500)
  clock.pass(100)
  fail(200)
  t.equal(waits.until, 1500)
  clock.pass(5000)
  fail(200)
  t.equal(waits.until, 6300)
})
