import t from 'tap'
import { Window } from '../../src/flow/window.js'
import { Histogram, SECONDS } from '../../src/model/histogram.js'
import { HandlerTimes } from '../../src/worker/handler-times.js'
import { FakeClock } from '../fake-clock.js'

/** Handler times of records that take so many milliseconds each. */
function timesOf(perRecord: number) {
  const clock = new FakeClock()
  const window = new Window(1000)
  window.measure(1, perRecord)
  return { clock, times: new HandlerTimes(clock, window, { latest: undefined }) }
}

/** What was observed: how many records, and the seconds of all of them. */
function observed(times: HandlerTimes) {
  const histogram = new Histogram(SECONDS)
  const taken = times.take()
  if (taken) histogram.merge(taken)
  return {
    records: histogram.counts.reduce((sum, count) => sum + count, 0),
    milliseconds: Math.round(histogram.sum * 1_000_000) / 1000,
  }
}

t.test('a slow record has an observation of its own, fast ones share one', async (t) => {
  const { clock, times } = timesOf(1)
  times.begin(clock.now())
  for (const ms of [5, 0.01, 0.01, 0.01]) {
    clock.pass(ms)
    times.look(clock.now(), 1)
  }
  t.same(observed(times), { records: 1, milliseconds: 5 })
  times.flush(clock.now())
  t.same(observed(times), { records: 3, milliseconds: 0.03 })
})

t.test(
  'time in which the handler did not run is in no observation, and no record is forgotten',
  async (t) => {
    const { clock, times } = timesOf(1)
    times.begin(clock.now())
    clock.pass(1)
    times.flush(clock.now())
    clock.pass(1000)
    times.begin(undefined)
    times.look(clock.now(), 1)
    clock.pass(3)
    times.look(clock.now(), 1)
    t.same(observed(times), { records: 2, milliseconds: 3 })
    times.look(clock.now(), 0)
    clock.pass(500)
    times.look(clock.now(), 0)
    clock.pass(2)
    times.look(clock.now(), 1)
    t.same(observed(times), { records: 1, milliseconds: 2 })
  },
)

t.test('each slow asynchronous call is timed; one of eight fast ones stands for all', async (t) => {
  const slow = timesOf(1)
  t.equal(slow.times.sample(), 1)
  slow.clock.pass(7)
  slow.times.ended(0, 1, [])
  t.same(observed(slow.times), { records: 1, milliseconds: 7 })
  const { times } = timesOf(0.01)
  const weights = Array.from({ length: 16 }, () => times.sample())
  t.same(
    weights.filter((weight) => weight > 0),
    [8, 8],
  )
})
