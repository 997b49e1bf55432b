import t from 'tap'
import { BusyTimes } from '../../../src/primary/insight/busy-times.js'
import { FakeClock } from '../../fake-clock.js'

function busyTimes() {
  const clock = new FakeClock()
  const times = new BusyTimes(clock)
  /** So many seconds, of each of which the process is at work for a share. */
  const pass = (seconds: number, share: number, key = 'worker:1/1') => {
    for (let second = 0; second < seconds; second++) {
      clock.pass(1000)
      times.did(key, share * 1000)
    }
  }
  return { clock, times, pass }
}

t.test('how busy a process is, is of the last ten seconds, whatever it did before', async (t) => {
  const { times, pass } = busyTimes()
  times.ready('worker:1/1')
  pass(100, 0.1)
  t.equal(times.shareOf('worker:1/1', 0), 0.1)
  pass(10, 0.9)
  t.equal(times.shareOf('worker:1/1', 0), 0.9)
})

t.test('a process that came late is as busy as it is, and owes nothing to its predecessor', async (t) => {
  const { clock, times, pass } = busyTimes()
  times.ready('worker:1/1')
  pass(100, 0)
  times.gone('worker:1/1')
  times.ready('worker:1/2')
  pass(2, 0.95, 'worker:1/2')
  t.equal(times.shareOf('worker:1/2', 0), 0.95)
  clock.pass(2000)
  t.equal(times.heardAt('worker:1/2'), 102_000)
})

t.test('what a process has been at for long counts before it has said so, and not twice after', async (t) => {
  const { clock, times, pass } = busyTimes()
  times.ready('worker:1/1')
  pass(20, 0.1)
  clock.pass(10_000)
  t.equal(times.shareOf('worker:1/1', 10_000), 1)
  times.did('worker:1/1', 10_000)
  t.equal(times.shareOf('worker:1/1', 0), 1)
})

t.test('nothing is known of a process that is not ready', async (t) => {
  const { times } = busyTimes()
  times.did('worker:1/1', 500)
  t.equal(times.shareOf('worker:1/1', 0), 0)
  times.ready('worker:1/1')
  t.equal(times.shareOf('worker:1/1', 0), 0, 'in its first moment')
})
