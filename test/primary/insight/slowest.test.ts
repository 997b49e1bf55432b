import t from 'tap'
import { SlowestRecords } from '../../../src/primary/insight/slowest.js'
import { FakeClock } from '../../fake-clock.js'

t.test('the slowest few of the last minutes are kept, the slowest first', async (t) => {
  const clock = new FakeClock()
  const slowest = new SlowestRecords(clock)
  for (const ms of [200, 700, 300, 100, 600, 500])
    slowest.note('worker:1', { id: `took ${ms}`, ms, records: 1 })
  t.same(
    slowest.list.map(({ seconds }) => seconds),
    [0.7, 0.6, 0.5, 0.3, 0.2],
  )
  t.same(slowest.list[0], { id: 'took 700', process: 'worker:1', seconds: 0.7, records: 1 })
  clock.pass(6 * 60_000)
  slowest.note('worker:2', { id: 'later', ms: 650, records: 4 })
  t.same(
    slowest.list.map(({ id }) => id),
    ['took 700', 'later', 'took 600', 'took 500', 'took 300'],
  )
  clock.pass(6 * 60_000)
  t.same(slowest.list, [{ id: 'later', process: 'worker:2', seconds: 0.65, records: 4 }])
  clock.pass(60 * 60_000)
  t.same(slowest.list, [], 'all of it is long ago')
})
