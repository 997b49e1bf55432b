import t from 'tap'
import { Standstill } from '../../src/worker/standstill.js'
import { FakeClock } from '../fake-clock.js'
import { WorkerBench } from './harness.js'

/** A worker whose handler brings back the numbers in `stuck` only when they are let go. */
async function benchWith(stuck: readonly number[], concurrency = 1) {
  const clock = new FakeClock()
  const bench = new WorkerBench({ clock, concurrency })
  const letGo = new Map<number, () => void>()
  const handler = (value: number) =>
    stuck.includes(value) ? new Promise((resolve) => letGo.set(value, () => resolve(value))) : value
  await bench.start({ default: handler })
  const placesOf = (fate: string) => [...bench.fates].flatMap(([place, its]) => (its === fate ? [place] : []))
  return { clock, bench, letGo, placesOf }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

t.test(
  'what waits behind a record that is stuck goes back untouched, and nothing is asked for',
  async (t) => {
    const { clock, bench, letGo, placesOf } = await benchWith([1])
    bench.lend([0, 1, 2, 3])
    await turn()
    t.same(placesOf('done'), [0])
    const { credit } = bench
    clock.pass(1000)
    t.same(placesOf('returned'), [2, 3])
    t.equal(bench.credit, credit, 'without credit for more')
    t.equal(clock.timers, 0, 'nothing is left to be watched')

    bench.lend([4, 5])
    t.same(placesOf('returned'), [2, 3, 4, 5], 'what arrives on older credit goes back at once')

    letGo.get(1)!()
    await bench.allReported()
    bench.lend([6, 7])
    await bench.allReported()
    t.same(placesOf('done'), [0, 1, 6, 7])
  },
)

t.test('a worker keeps what it gets on with, beside records that are stuck', async (t) => {
  const { clock, bench, placesOf } = await benchWith([0, 1, 2], 4)
  bench.lend([0, 1, 2, 3, 4, 5])
  clock.pass(1000)
  await turn()
  t.same(placesOf('done'), [3, 4, 5])
  t.same(placesOf('returned'), [])
  t.ok(bench.credit > 0, 'and there is credit for the hand that is free')
})

t.test('a suspect that waits for stuck records goes back too', async (t) => {
  const { clock, bench, placesOf } = await benchWith([0], 2)
  bench.lend([0])
  bench.lendCarefully([1])
  clock.pass(1000)
  t.same(placesOf('returned'), [1])
  t.same(bench.history, ['returned 1'], 'it was not announced')
})

t.test('a batch that waits to be full is no standstill', async (t) => {
  const clock = new FakeClock()
  const bench = new WorkerBench({ clock, concurrency: 2 })
  const batch = { size: 2, within: '10s' }
  await bench.start({ batch, default: () => new Promise(() => {}) })
  bench.lend([0, 1, 2])
  clock.pass(5000)
  t.equal(bench.fates.size, 0)
})

function watched() {
  const clock = new FakeClock()
  const state = { waits: true, given: 0 }
  const giveBack = () => {
    state.given++
    state.waits = false
  }
  return { clock, state, standstill: new Standstill({ clock, waits: () => state.waits, giveBack }) }
}

t.test('as long as something begins now and then, nothing is given back', async (t) => {
  const { clock, state, standstill } = watched()
  for (let i = 0; i < 50; i++) {
    standstill.moved()
    standstill.look()
    clock.pass(100)
  }
  t.equal(state.given, 0)
  t.equal(clock.timers, 1)
  clock.pass(300)
  t.equal(state.given, 1)
})

t.test('no timer runs while nothing waits', async (t) => {
  const { clock, state, standstill } = watched()
  state.waits = false
  standstill.look()
  t.equal(clock.timers, 0)
  state.waits = true
  standstill.look()
  state.waits = false
  clock.pass(1000)
  t.equal(clock.timers, 0)
  t.equal(state.given, 0)
})
