import t from 'tap'
import { Window } from '../../src/flow/window.js'
import { Meter } from '../../src/worker/meter.js'
import { FakeClock } from '../fake-clock.js'

function busyWorker() {
  const clock = new FakeClock()
  const window = new Window(10_000)
  const meter = new Meter(clock, window, { latest: undefined })
  /** Works off records of a millisecond each, and then has nothing at hand for a while. */
  const works = (records: number, pause: number) => {
    meter.start()
    clock.pass(records)
    meter.measure(records)
    meter.rest()
    clock.pass(pause)
  }
  return { window, works }
}

t.test('a worker that is handed records as soon as it is done has no pause', async (t) => {
  const { window, works } = busyWorker()
  for (let i = 0; i < 10; i++) works(50, 2)
  t.ok(window.reach > 90, 'a fifth of half a second')
  works(50, 2000)
  works(50, 2)
  t.equal(window.reach, 51)
})
