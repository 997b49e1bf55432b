import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { decodeBatch, decodeId, decodeKeys, encodeBatch } from '../../src/codec/batch.js'
import { codecNamed } from '../../src/codec/codec.js'
import { type Ids, idAt } from '../../src/model/ids.js'
import type { Records } from '../../src/model/record.js'
import { anyText, anyValues } from './values.js'

const msgpack = codecNamed('msgpack')
const numbered: Ids = { prefix: 'count@', first: 0 }

function roundTrip(values: readonly unknown[], codec = msgpack): readonly unknown[] {
  return decodeBatch(encodeBatch({ values, ids: numbered }, codec), values.length, codec).values
}

t.test('every value that MessagePack promises to keep arrives as it left', async (t) => {
  fc.assert(
    fc.property(fc.array(anyValues, { maxLength: 12 }), (values) =>
      isDeepStrictEqual(roundTrip(values), values),
    ),
    { numRuns: 500 },
  )
  t.pass()
})

t.test('strings arrive as they left under every codec, even halves of surrogate pairs', async (t) => {
  for (const codec of [msgpack, codecNamed('bytes'), codecNamed('json')]) {
    fc.assert(
      fc.property(fc.array(anyText, { maxLength: 12 }), (values) =>
        isDeepStrictEqual(roundTrip(values, codec), values),
      ),
    )
  }
  t.same(roundTrip(['a\ud83d', '\ude00b']), ['a\ud83d', '\ude00b'], 'halves that would join in the column')
})

t.test('bytes arrive as they left under every codec but JSON, also among strings', async (t) => {
  const bytes = fc.uint8Array({ maxLength: 30 }).map((array) => Buffer.from(array))
  const mixed = fc.array(fc.oneof(bytes, fc.string({ unit: 'grapheme' })), { maxLength: 10 })
  for (const codec of [msgpack, codecNamed('bytes')]) {
    for (const values of [fc.array(bytes, { maxLength: 10 }), mixed]) {
      fc.assert(fc.property(values, (some) => isDeepStrictEqual(roundTrip(some, codec), some)))
    }
  }
  t.pass()
})

t.test('objects of many shapes in one batch keep their own keys', async (t) => {
  const values = Array.from({ length: 500 }, (_, i) =>
    Object.fromEntries(Array.from({ length: i % 40 }, (_, k) => [`key${(i * k) % 300}`, k])),
  )
  t.same(roundTrip(values), values)
})

t.test('typed arrays, sets, errors and instances arrive as what they can be', async (t) => {
  class Point {
    x = 1
  }
  const [numbers, set, point] = roundTrip([new Uint16Array([1, 300]), new Set([1]), new Point()])
  t.same(numbers, new Uint16Array([1, 300]))
  t.ok(set instanceof Set)
  t.same(point, { x: 1 })
  t.equal(Object.getPrototypeOf(point), Object.prototype)
})

t.test('a key __proto__ in a value reaches no prototype', async (t) => {
  const [arrived] = roundTrip([JSON.parse('{"__proto__":{"polluted":true},"a":1}')])
  t.equal(({} as { polluted?: boolean }).polluted, undefined)
  t.equal((arrived as { polluted?: boolean }).polluted, undefined)
  t.equal((arrived as { a: number }).a, 1)
})

t.test('ids, keys and headers arrive with their records, whatever shape the ids have', async (t) => {
  const shapes = fc
    .array(
      fc.record({
        number: fc.nat(),
        text: fc.string({ unit: 'grapheme' }),
        key: fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined }),
      }),
      { minLength: 1, maxLength: 20 },
    )
    .chain((records) =>
      fc
        .constantFrom<Ids>(
          { prefix: 'p/', first: 7 },
          { prefix: 'n@', numbers: records.map(({ number }) => number) },
          { list: records.map(({ text }) => text) },
        )
        .map((ids) => ({ records, ids })),
    )
  fc.assert(
    fc.property(shapes, ({ records, ids }) => {
      const sent: Records = {
        values: records.map((_, index) => index),
        ids,
        keys: records.map(({ key }) => key),
        headers: records.map(({ key }) => (key === undefined ? undefined : { key })),
      }
      const payload = encodeBatch(sent, msgpack)
      const got = decodeBatch(payload, records.length, msgpack)
      return records.every(
        (_, index) =>
          idAt(got.ids, index) === idAt(ids, index) &&
          decodeId(payload, records.length, index) === idAt(ids, index) &&
          got.keys?.[index] === sent.keys?.[index] &&
          decodeKeys(payload, records.length)?.[index] === sent.keys?.[index] &&
          isDeepStrictEqual(got.headers?.[index], sent.headers?.[index]),
      )
    }),
  )
  t.pass()
})

t.test('keys are read without the values, and records without one cost nothing', async (t) => {
  const keysOf = (keys: Records['keys'], count = 2) =>
    decodeKeys(encodeBatch({ values: ['x', 'y'], ids: numbered, ...(keys && { keys }) }, msgpack), count)
  t.same(keysOf(['a', undefined]), ['a', undefined])
  t.equal(keysOf(undefined), undefined)
  t.equal(keysOf([undefined, undefined]), undefined, 'a column in which no record has a key')
  t.throws(() => keysOf(['a', 'b'], 3), RangeError)
  t.throws(() => keysOf(['a', 1 as never]), RangeError, 'a key that is no text')
  const cutShort = encodeBatch({ values: ['x', 'y'], ids: numbered, keys: ['a', 'b'] }, msgpack).subarray(
    0,
    -1,
  )
  t.throws(() => decodeBatch(cutShort, 2, msgpack))
  t.same(decodeKeys(cutShort, 2), ['a', 'b'])
})

t.test('a value that cannot be encoded is named by its id, and by its index', async (t) => {
  const cyclic: { self?: unknown } = {}
  cyclic.self = cyclic
  for (const [codec, bad] of [
    ['msgpack', () => 1],
    ['msgpack', Symbol('no')],
    ['msgpack', cyclic],
    ['json', 10n],
    ['json', { nested: () => 1 }],
    ['bytes', 5],
    ['bytes', null],
  ] as const) {
    const values = ['fine', Buffer.from('fine'), bad]
    t.throws(() => encodeBatch({ values, ids: { list: ['a', 'b', 'the-third'] } }, codecNamed(codec)), {
      code: 'record_not_encodable',
      index: 2,
      message: /the-third/,
    })
  }
})

t.test(
  'a cut or altered payload is refused, or decoded to as many values, and takes no memory for what is not there',
  async (t) => {
    const column = fc.oneof(
      fc.array(anyValues, { minLength: 1, maxLength: 6 }),
      fc.array(anyText, { minLength: 1, maxLength: 6 }),
      fc.array(
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        { minLength: 1, maxLength: 6 },
      ),
    )
    const damage = fc.record({ at: fc.nat(), to: fc.nat(255), keep: fc.nat() })
    const before = process.memoryUsage().arrayBuffers
    let most = 0
    fc.assert(
      fc.property(column, damage, fc.boolean(), (values, { at, to, keep }, cut) => {
        const ids = { list: values.map((_, index) => `id-${index}`) }
        const payload = encodeBatch({ values, ids }, msgpack)
        const damaged = cut ? payload.subarray(0, keep % payload.byteLength) : Uint8Array.from(payload)
        if (!cut) damaged[at % damaged.byteLength] = to
        try {
          const got = decodeBatch(damaged, values.length, msgpack)
          return got.values.length === values.length
        } catch (error) {
          most = Math.max(most, process.memoryUsage().arrayBuffers - before)
          return error instanceof Error
        }
      }),
      { numRuns: 2000 },
    )
    t.ok(most < 64 * 2 ** 20, `at most ${most} bytes more`)
  },
)

t.test('a count that lies is refused before memory is taken for it', async (t) => {
  for (const values of [
    ['a', 'b'],
    [Buffer.from('a'), Buffer.from('b')],
    [1, 2],
  ]) {
    const payload = encodeBatch({ values, ids: { prefix: '', numbers: [5, 9] } }, msgpack)
    for (const count of [0, 1, 3, 2 ** 31]) {
      t.throws(() => decodeBatch(payload, count, msgpack), RangeError, `${count} instead of 2`)
    }
  }
})
