import fc from 'fast-check'
import t from 'tap'
import { Reader, sourceOf } from './reader.js'

t.test('everything is sent in order and within credit, with the position to resume from', async (t) => {
  const lengths = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 })
  const texts = fc.array(
    fc.nat(120).map((length) => 'x'.repeat(length)),
    { maxLength: 60 },
  )
  await fc.assert(
    fc.asyncProperty(texts, lengths, fc.integer({ min: 1, max: 30 }), async (values, batches, records) => {
      const reader = new Reader()
      await reader.start(sourceOf(values, batches))
      await reader.readAll(records, 700)
      return reader.errors.length === 0 && reader.values.join() === values.join()
    }),
    { numRuns: 60 },
  )
  t.pass()
})

t.test('records that cannot go are refused at their place, and the others are sent', async (t) => {
  const reader = new Reader()
  await reader.start(sourceOf([1, 'x'.repeat(1000), 2, () => {}, 3], [5]))
  await reader.readAll(10, 2000)
  t.same(reader.values, [1, 2, 3])
  t.same(reader.refused, ['n1', 'n3'])
  t.match(
    reader.link.all('refused').map(({ body }) => body),
    [
      { code: 'record_too_large', position: '2' },
      { code: 'record_not_encodable', position: '4' },
    ],
  )
})

t.test('nothing is read without credit', async (t) => {
  let opened = 0
  const reader = new Reader()
  await reader.start({
    kind: 'counted',
    async *open() {
      for (let first = 0; ; first++) {
        opened++
        yield { values: [first], ids: { prefix: '', first }, positionAfter: (count) => first + count }
      }
    },
  })
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(opened, 0)
  reader.grant(3, 1000, 1)
  await reader.link.until(() => reader.values.length === 3)
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(opened, 3)
  reader.loop.drain()
  await reader.link.until(() => reader.link.all('end').length === 1)
  t.equal(reader.link.all('end').length, 1)
})

t.test('a drain ends a source that never yields again', async (t) => {
  const reader = new Reader()
  let closed = false
  await reader.start({
    kind: 'positioned',
    async *open() {
      await new Promise(() => {})
    },
    close: async () => {
      closed = true
    },
  })
  reader.grant(10, 1000)
  reader.loop.drain()
  await reader.link.until(() => reader.link.all('end').length === 1)
  await reader.loop.stop()
  t.ok(closed)
})

t.test('what a live source has handed over when a drain comes is sent', async (t) => {
  const reader = new Reader()
  await reader.start(sourceOf([1, 2, 3, 4], [4], 'live'))
  reader.grant(2, 1000)
  await reader.link.until(() => reader.values.length === 2)
  reader.loop.drain()
  await reader.readAll(1, 1000)
  t.same(reader.values, [1, 2, 3, 4])
})

t.test('a source that fails gives up the writer, with what it threw', async (t) => {
  const reader = new Reader()
  const broken = new Error('disk on fire')
  await reader.start({
    kind: 'counted',
    open: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(broken) }) }),
  })
  reader.grant(1, 1000)
  await new Promise((resolve) => setImmediate(resolve))
  t.same(reader.errors, [broken])
})
