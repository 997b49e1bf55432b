import t from 'tap'
import { countSource } from '../../src/connectors/count.js'
import { seenBy, sourceContext } from './context.js'

const counting = (n: string) => countSource({ scheme: 'count', url: `count:${n}`, target: n, options: {} })

t.test('it counts from 0 to N-1, and names each number', async (t) => {
  const seen = await seenBy(await counting('3').open(undefined, sourceContext({ wanted: () => 2 })))
  t.strictSame(seen, [
    { value: 0, id: 'count:0', next: { count: 1 } },
    { value: 1, id: 'count:1', next: { count: 2 } },
    { value: 2, id: 'count:2', next: { count: 3 } },
  ])
})

t.test('counting to nothing ends at once', async (t) => {
  const source = counting('0')
  t.strictSame(await seenBy(await source.open(undefined, sourceContext())), [])
  t.strictSame(source.progress?.(), { fraction: 1 })
})

t.test('it goes on behind what was accepted, under the same ids', async (t) => {
  const source = counting('1000000')
  const seen = await seenBy(
    await source.open({ position: { count: 999_999 }, accepted: 999_999 }, sourceContext()),
  )
  t.strictSame(seen, [{ value: 999_999, id: 'count:999999', next: { count: 1_000_000 } }])
})

t.test('it counts no further than is wanted, and in bounded batches', async (t) => {
  const source = counting('100000')
  const wants = [10, 1_000_000]
  const sizes: number[] = []
  for await (const batch of await source.open(
    undefined,
    sourceContext({ wanted: () => wants.shift() ?? 1 }),
  )) {
    if ('values' in batch) sizes.push(batch.values.length)
    if (sizes.length === 2) break
  }
  t.strictSame(sizes, [10, 4096])
  t.strictSame(source.progress?.(), { fraction: 4106 / 100_000 })
})

t.test('it stops between batches when reading is to stop', async (t) => {
  const stop = new AbortController()
  const context = sourceContext({ signal: stop.signal, wanted: () => 5 })
  const values: unknown[] = []
  for await (const batch of await counting('100').open(undefined, context)) {
    if ('values' in batch) values.push(...batch.values)
    stop.abort()
  }
  t.strictSame(values, [0, 1, 2, 3, 4])
})
