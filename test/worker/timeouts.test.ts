import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { BatchContext, WorkerContext } from '../../src/worker/context.js'
import { FakeClock } from '../fake-clock.js'
import { WorkerBench } from './harness.js'

/** Never resolves; rejects as the signal says. */
const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })

const benchWith = (clock: FakeClock, concurrency = 1) =>
  new WorkerBench({ clock, timeout: 5000, concurrency })

t.test(
  'a call that takes longer than the timeout is told to abort, and the primary is told so',
  async (t) => {
    const clock = new FakeClock()
    const bench = benchWith(clock)
    const signals: AbortSignal[] = []
    await bench.start({
      default: async (_: unknown, { signal }: WorkerContext) => {
        signals.push(signal)
        await untilAborted(signal)
      },
    })
    bench.lend([0])
    clock.pass(4999)
    t.notOk(signals[0]?.aborted)
    t.same(bench.link.all('overdue'), [])
    clock.pass(1)
    t.match(signals[0]?.reason, { name: 'TimeoutError', message: 'took longer than 5 s' })
    t.match(bench.link.all('overdue'), [{ body: { places: [0, 1] } }])
    await bench.allReported()
    t.match(bench.failures, [{ place: 0, name: 'TimeoutError', message: 'took longer than 5 s' }])
    t.notOk(bench.failures[0]?.final)
    clock.pass(60_000)
    t.equal(bench.link.all('overdue').length, 1, 'once')
  },
)

t.test('what a handler fails with because it was told to abort counts as the timeout', async (t) => {
  const clock = new FakeClock()
  const bench = benchWith(clock, 2)
  await bench.start({
    default: async (value: number, { signal }: WorkerContext) => {
      if (value === 0) await sleep(1e6, undefined, { signal })
      await untilAborted(signal).catch(() => {
        throw new RangeError('something of its own')
      })
    },
    retryable: (error: Error) => error.name === 'TimeoutError',
  })
  bench.lend([0, 1])
  clock.pass(5000)
  await bench.allReported()
  bench.failures.sort((a, b) => a.place - b.place)
  t.match(bench.failures, [
    { place: 0, name: 'TimeoutError', final: undefined },
    { place: 1, name: 'RangeError', final: true },
  ])
})

t.test('an AbortError that came before the timeout is what it is', async (t) => {
  const bench = benchWith(new FakeClock())
  await bench.start({
    default: async () => {
      throw new DOMException('its own', 'AbortError')
    },
  })
  bench.lend([0])
  await bench.allReported()
  t.match(bench.failures, [{ name: 'AbortError', message: 'its own' }])
})

t.test('a value that comes after the timeout counts', async (t) => {
  const clock = new FakeClock()
  const bench = benchWith(clock)
  let finish = (_: number): void => {}
  await bench.start({
    default: () =>
      new Promise((resolve) => {
        finish = resolve
      }),
  })
  bench.lend([0])
  clock.pass(5000)
  t.equal(bench.link.all('overdue').length, 1)
  finish(7)
  await bench.allReported()
  t.same([...bench.results], [[0, [7]]])
})

t.test('each call has its own time, and one timer runs for all of them', async (t) => {
  const clock = new FakeClock()
  const bench = benchWith(clock, 3)
  await bench.start({
    default: (_: unknown, { signal }: WorkerContext) => untilAborted(signal),
  })
  bench.lend([0])
  clock.pass(1000)
  bench.lend([1, 2])
  t.equal(clock.timers, 1)
  clock.pass(4000)
  t.match(bench.link.all('overdue'), [{ body: { places: [0, 1] } }])
  clock.pass(1000)
  t.match(bench.link.all('overdue'), [{ body: { places: [0, 1] } }, { body: { places: [1, 3] } }])
  await bench.allReported()
  t.equal(clock.timers, 0)
})

t.test('the first stretch of a handler counts, once it is known to be asynchronous', async (t) => {
  const clock = new FakeClock()
  const bench = benchWith(clock)
  await bench.start({
    default: (_: unknown, { signal }: WorkerContext) => {
      clock.pass(3000)
      return untilAborted(signal)
    },
  })
  bench.lend([0])
  clock.pass(5000)
  await bench.allReported()
  bench.lend([1])
  clock.pass(2000)
  t.equal(bench.link.all('overdue').length, 2)
})

t.test('a batch has the time of one record, and one signal', async (t) => {
  const clock = new FakeClock()
  const bench = benchWith(clock)
  let same = false
  await bench.start({
    batch: { size: 3 },
    default: async (_: unknown, { signal, records }: BatchContext) => {
      same = records.every((record) => (record as WorkerContext).signal === signal)
      await untilAborted(signal)
    },
  })
  bench.lend([0, 1, 2])
  t.ok(same)
  clock.pass(5000)
  t.match(bench.link.all('overdue'), [{ body: { places: [0, 3] } }])
  await bench.allReported()
  t.same(
    bench.failures.map(({ name }) => name),
    ['TimeoutError', 'TimeoutError', 'TimeoutError'],
  )
})

t.test('a signal first looked at after the timeout has aborted already', async (t) => {
  const clock = new FakeClock()
  const bench = benchWith(clock)
  const seen: boolean[] = []
  let goOn = (): void => {}
  await bench.start({
    default: async (_: unknown, ctx: WorkerContext) => {
      await new Promise<void>((resolve) => {
        goOn = resolve
      })
      seen.push(ctx.signal.aborted)
      ctx.signal.throwIfAborted()
    },
  })
  bench.lend([0])
  clock.pass(5000)
  goOn()
  await bench.allReported()
  t.same(seen, [true])
  t.match(bench.failures, [{ name: 'TimeoutError' }])
})

t.test('a call is told when the process is to end, with a timeout or without', async (t) => {
  for (const timeout of [undefined, 5000]) {
    const bench = new WorkerBench({ clock: new FakeClock(), ...(timeout && { timeout }) })
    await bench.start({
      default: (_: unknown, { signal }: WorkerContext) => untilAborted(signal),
    })
    bench.lend([0])
    bench.aborter.abort(new Error('enough'))
    await bench.allReported()
    t.match(bench.failures, [{ message: 'enough' }])
    t.same(bench.link.all('overdue'), [])
  }
})

t.test('a handler that is not asynchronous starts no timer', async (t) => {
  const clock = new FakeClock()
  const bench = benchWith(clock)
  await bench.start({ default: (value: number) => value })
  bench.lend([0, 1, 2])
  await bench.allReported()
  t.equal(clock.timers, 0)
})
