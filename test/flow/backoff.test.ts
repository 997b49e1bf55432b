import t from 'tap'
import { Backoff } from '../../src/flow/backoff.js'

t.test('waits double up to the longest, and begin anew once it worked', async (t) => {
  const backoff = new Backoff(100, 1000)
  const waits = () => Array.from({ length: 6 }, () => backoff.failed())
  t.same(waits(), [100, 200, 400, 800, 1000, 1000])
  t.equal(backoff.failures, 6)
  backoff.worked()
  t.equal(backoff.failures, 0)
  t.same(waits(), [100, 200, 400, 800, 1000, 1000])
})
