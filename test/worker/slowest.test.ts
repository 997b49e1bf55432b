import t from 'tap'
import { FakeClock } from '../fake-clock.js'
import { WorkerBench } from './harness.js'

/** What the worker said was slow, of all its reports. */
const slowIn = (bench: WorkerBench) =>
  bench.link.all('report').flatMap(({ body }) => body.activity.slowest ?? [])

const turn = () => new Promise((resolve) => setImmediate(resolve))

t.test('a worker says which record took longest, when that was long', async (t) => {
  const clock = new FakeClock()
  clock.pass(1)
  const bench = new WorkerBench({ clock })
  await bench.start({
    default: (ms: number) => {
      clock.pass(ms)
      return ms
    },
  })
  bench.lend([1, 99, 5])
  await bench.allReported()
  t.same(slowIn(bench), [], 'none of these was slow')
  bench.lend([1, 300, 400, 350])
  await bench.allReported()
  t.match(slowIn(bench).sort((a, b) => b.ms - a.ms)[0], { id: 'id5', ms: 400, records: 1 })
})

t.test('a record among fast ones is one of those between two looks at the clock', async (t) => {
  const clock = new FakeClock()
  clock.pass(1)
  const bench = new WorkerBench({ clock })
  await bench.start({
    default: (ms: number) => {
      clock.pass(ms)
      return ms
    },
  })
  const values = new Array<number>(64).fill(0.001)
  bench.lend(values)
  await bench.allReported()
  bench.lend(values.with(30, 250))
  await bench.allReported()
  const [slow, ...others] = slowIn(bench)
  t.same(others, [])
  t.equal(slow?.ms, 250)
  const last = Number(slow?.id.slice(2))
  t.ok(slow?.records === 4 && last >= 94 && last < 98, `${slow?.id}, one of ${slow?.records}`)
})

t.test('a record whose handler waits is timed from its beginning, whatever else is pending', async (t) => {
  const clock = new FakeClock()
  clock.pass(1)
  const pending = new Map<number, (value: number) => void>()
  const bench = new WorkerBench({ clock, concurrency: 2 })
  await bench.start({
    default: (value: number) =>
      new Promise((resolve) => {
        pending.set(value, resolve)
      }),
  })
  const back = async (value: number) => {
    pending.get(value)!(value)
    await turn()
  }
  bench.lend([0])
  clock.pass(700)
  bench.lend([1])
  clock.pass(50)
  await back(1)
  t.same(slowIn(bench), [], 'the one that came back was fast')
  clock.pass(250)
  await back(0)
  await bench.allReported()
  t.match(slowIn(bench), [{ id: 'id0', ms: 1000, records: 1 }])
})
