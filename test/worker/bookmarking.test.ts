import t from 'tap'
import { SLOW_MS } from '../../src/flow/window.js'
import { Bookmarking } from '../../src/worker/bookmarking.js'
import { WorkerBench } from './harness.js'

t.test('slow records are marked; fast ones are not, and leave no mark that is wrong', async (t) => {
  const marks: (number | 'any')[] = []
  const window = { perRecord: Number.POSITIVE_INFINITY }
  const bookmark = { set: (place: number) => marks.push(place), clear: () => marks.push('any') }
  const bookmarking = new Bookmarking(bookmark, window)
  bookmarking.begin(0)
  bookmarking.begin(1)
  window.perRecord = SLOW_MS / 2
  bookmarking.begin(2)
  bookmarking.begin(3)
  window.perRecord = SLOW_MS
  bookmarking.begin(4)
  t.same(marks, [0, 1, 'any', 4])
})

t.test('while results of many records are encoded, any of them may be why the process ends', async (t) => {
  const marks: (number | 'any')[] = []
  const bookmark = { set: (place: number) => marks.push(place), clear: () => marks.push('any') }
  const window = { perRecord: SLOW_MS }
  const bookmarking = new Bookmarking(bookmark, window)
  const encode = () => marks.push('any') && 'encoded'
  t.equal(
    bookmarking.lifted(() => 'encoded'),
    'encoded',
  )
  t.same(marks, [], 'it was not set')
  bookmarking.begin(3)
  t.equal(bookmarking.lifted(encode), 'encoded')
  t.same(marks, [3, 'any', 'any', 3])
  t.throws(() => bookmarking.lifted(() => raise()), /cannot be encoded/)
  t.equal(marks.at(-1), 'any', 'what ends the process leaves it lifted')
})

function raise(): never {
  throw new Error('cannot be encoded')
}

t.test('a record is marked before its handler is called', async (t) => {
  const seen: string[] = []
  const bookmark = { set: (place: number) => seen.push(`at ${place}`), clear: () => seen.push('any') }
  const bench = new WorkerBench({ bookmark })
  await bench.start({
    default: async (value: number) => {
      seen.push(`handles ${value}`)
      await new Promise((resolve) => setTimeout(resolve, 2))
      return value
    },
  })
  bench.lend([0])
  await bench.allReported()
  bench.lend([1])
  await bench.allReported()
  t.same(seen, ['at 0', 'handles 0', 'any', 'at 0', 'at 1', 'handles 1', 'any', 'at 1'])
})

t.test('a worker that handles several at once keeps none', async (t) => {
  const bookmark = { set: () => t.fail('several may be at work'), clear: () => t.fail('never set') }
  const several = new WorkerBench({ bookmark, concurrency: 2 })
  await several.start({ default: async (value: number) => value })
  several.lend([0, 1])
  await several.allReported()
  const together = new WorkerBench({ bookmark })
  await together.start({ default: (values: number[]) => values, batch: { size: 2, within: 1 } })
  together.lend([0, 1])
  await together.allReported()
})
