import fc from 'fast-check'
import t from 'tap'
import { ActiveCalls, type Call, currentSymbol } from '../../src/worker/active-calls.js'
import type { BatchContext } from '../../src/worker/context.js'
import { WorkerBench } from './harness.js'

/** What an inspector sees of the worker that was started last. */
function current(): { readonly place: number | undefined; readonly id: string | undefined } {
  const { place, id } = (globalThis as { [currentSymbol]?: ActiveCalls })[currentSymbol]!
  return { place, id }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
const nobody = { place: undefined, id: undefined }

t.test('the record whose handler is running can be told from outside', async (t) => {
  const bench = new WorkerBench()
  const seen: unknown[] = []
  const look = () => seen.push(current())
  await bench.start({
    default: function* () {
      look()
      yield 1
    },
  })
  bench.lend([0, 1], 2)
  await bench.allReported()
  t.same(seen, [
    { place: 0, id: 'id0' },
    { place: 1, id: 'id1' },
  ])
  t.same(current(), nobody)
})

t.test('so can one that failed at once', async (t) => {
  const bench = new WorkerBench()
  await bench.start({
    default: () => {
      throw new Error('fails')
    },
  })
  bench.lend([0])
  t.same(current(), nobody)
})

t.test('behind an await it is told as long as it is the only one', async (t) => {
  const bench = new WorkerBench({ concurrency: 2 })
  const waiting: (() => void)[] = []
  const seen: unknown[] = []
  await bench.start({
    default: async (value: number) => {
      seen.push(current())
      await new Promise<void>((resolve) => {
        waiting[value] = resolve
      })
      return value
    },
  })
  bench.lend([0])
  await turn()
  t.same(current(), { place: 0, id: 'id0' }, 'alone')
  bench.lend([1])
  await turn()
  t.same(current(), nobody, 'one of two')
  waiting[0]!()
  await turn()
  t.same(current(), { place: 1, id: 'id1' }, 'the one that is left')
  waiting[1]!()
  await bench.allReported()
  t.same(current(), nobody)
  t.same(seen, [
    { place: 0, id: 'id0' },
    { place: 1, id: 'id1' },
  ])
})

t.test('no record of a batch is told, unless it is the only one', async (t) => {
  const bench = new WorkerBench()
  const seen: unknown[] = []
  await bench.start({
    batch: { size: 2 },
    default: (values: unknown[], { records }: BatchContext) => {
      seen.push([records.length, current().place])
      return values
    },
  })
  bench.lend([0, 1])
  bench.lendCarefully([2])
  await bench.allReported()
  t.same(seen, [
    [2, undefined],
    [1, 2],
  ])
})

t.test('calls may come back in any order', async (t) => {
  const steps = fc.array(fc.oneof(fc.constant('add' as const), fc.nat()), { maxLength: 60 })
  fc.assert(
    fc.property(steps, (history) => {
      const active = new ActiveCalls(1)
      const model: Call[] = []
      for (const step of history) {
        if (step === 'add') {
          const call: Call = { records: [], since: 0, weight: 0, signal: undefined, slot: 0 }
          active.add(call)
          model.push(call)
        } else if (model.length > 0) {
          const [call] = model.splice(step % model.length, 1)
          active.remove(call!)
        }
        const left = new Set(active)
        if (active.size !== model.length || left.size !== model.length) return false
        if (!model.every((call) => left.has(call))) return false
      }
      return true
    }),
  )
  t.pass()
})
