import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { decodeBatch, decodeId, decodeKeys, encodeBatch } from '../../src/codec/batch.js'
import { codecNamed } from '../../src/codec/codec.js'
import { type Ids, idAt } from '../../src/model/ids.js'
import { Stored } from '../../src/model/payload.js'
import type { Records } from '../../src/model/record.js'
import { alikeObjects, anyText, anyValues, tables } from './values.js'

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

t.test('objects that are alike arrive as they left, and with their fields in order', async (t) => {
  for (const objects of [alikeObjects, tables]) {
    fc.assert(
      fc.property(objects, (values) => {
        const arrived = roundTrip(values)
        return (
          isDeepStrictEqual(arrived, values) && isDeepStrictEqual(arrived.map(namesOf), values.map(namesOf))
        )
      }),
      { numRuns: 60 },
    )
  }
  t.pass()
})

t.test('numbers arrive as they left', async (t) => {
  const numbers = fc.oneof(
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.constantFrom(2 ** 31, -(2 ** 31)),
  )
  fc.assert(
    fc.property(fc.array(numbers), (values) => {
      const plain = values.map((number) => (number === 0 ? 0 : number))
      return isDeepStrictEqual(roundTrip(plain), plain)
    }),
  )
  t.same(roundTrip([1, 2, 'three']), [1, 2, 'three'])
})

t.test('objects that only look alike keep what they are', async (t) => {
  class Point {
    x = 1
  }
  const inherited = Object.create({ y: 2 }, { x: { value: 1, enumerable: true } })
  const nested = { x: { x: { x: { x: { x: 1 } } } } }
  for (const other of [
    new Point(),
    inherited,
    { x: 1, y: 2 },
    { y: 1 },
    {},
    null,
    [1],
    new Map([['x', 1]]),
  ]) {
    const values = [...Array.from({ length: 300 }, (_, x) => ({ x })), other]
    t.same(roundTrip(values).at(-1), other === inherited ? { x: 1 } : other)
    t.same(roundTrip(values).slice(0, 300), values.slice(0, 300))
  }
  t.same(roundTrip(Array(300).fill(nested)), Array(300).fill(nested))
  const symbols = Array.from({ length: 300 }, () => ({ x: 1, [Symbol.iterator]: 2 }))
  t.same(roundTrip(symbols), Array(300).fill({ x: 1 }))
  const [polluting] = roundTrip(Array(300).fill(JSON.parse('{"__proto__":{"polluted":true},"a":1}')))
  t.equal((polluting as { polluted?: boolean }).polluted, undefined)
})

t.test('long texts are cut where they were joined, whatever their characters', async (t) => {
  for (const unit of ['a', 'é', '😀', '\ud83d'])
    for (const values of [
      Array.from({ length: 3000 }, (_, i) => unit.repeat(i % 97)),
      [unit.repeat(100_000), '', unit, unit.repeat(40_000)],
    ])
      t.ok(isDeepStrictEqual(roundTrip(values), values), `${values.length} of ${JSON.stringify(unit)}`)
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

const namesOf = (value: unknown) => (typeof value === 'object' && value !== null ? Object.keys(value) : [])

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
      fc.array(fc.integer(), { minLength: 1, maxLength: 6 }),
      tables,
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
    Array.from({ length: 300 }, (_, x) => ({ x, y: 'y' })),
  ]) {
    const payload = encodeBatch(
      { values, ids: { prefix: '', numbers: values.map((_, i) => i * i) } },
      msgpack,
    )
    for (const count of [0, 1, 3, 2 ** 31]) {
      t.throws(() => decodeBatch(payload, count, msgpack), RangeError, `${count} instead of ${values.length}`)
    }
  }
})

t.test('of a batch in shared memory no more is read for its keys than it takes', async (t) => {
  const keysOf = (records: number) => {
    const keys = Array.from({ length: records }, (_, index) => `key ${index}`)
    const values = keys.map(() => 'x'.repeat(200))
    const bytes = encodeBatch({ values, ids: numbered, keys }, msgpack)
    let read = 0
    const payload = new Stored(
      { slot: 0, generation: 1, byteLength: bytes.byteLength },
      {
        read: (_, most = bytes.byteLength) => {
          read += Math.min(most, bytes.byteLength)
          return bytes.subarray(0, most)
        },
      },
    )
    t.same(decodeKeys(payload, records), keys)
    t.equal(decodeId(payload, records, 1), idAt(numbered, 1))
    return read / bytes.byteLength
  }
  t.ok(keysOf(100) < 0.5, 'few of which all comes at once')
  t.ok(keysOf(5000) < 0.25, 'many that are more than that')
})
