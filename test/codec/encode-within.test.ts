import fc from 'fast-check'
import t from 'tap'
import { decodeBatch } from '../../src/codec/batch.js'
import { codecNamed } from '../../src/codec/codec.js'
import { encodeWithin } from '../../src/codec/encode-within.js'

const codec = codecNamed('msgpack')
const ids = { prefix: 'r', first: 0 }

/** A value of about so many bytes; none is a value that cannot be encoded. */
const sizes = fc.array(fc.option(fc.nat(300), { nil: undefined, freq: 8 }), { maxLength: 60 })
const sized = (size: number | undefined) => (size === undefined ? () => {} : { text: 'x'.repeat(size) })

t.test(
  'records are parted in order, within the size, and those that cannot go are refused one by one',
  async (t) => {
    fc.assert(
      fc.property(sizes, (wanted) => {
        const limits = { batchBytes: 400, maxRecord: 250, maxBatch: 1e6 }
        let next = 0
        for (const part of encodeWithin({ values: wanted.map(sized), ids }, codec, limits)) {
          if (part.from !== next || part.to <= part.from) return false
          next = part.to
          if ('refused' in part) {
            if (part.to !== part.from + 1) return false
            const size = wanted[part.from]
            const code = size === undefined ? 'record_not_encodable' : 'record_too_large'
            if (part.refused.code !== code || !part.refused.message.includes(`r${part.from} `)) return false
            if (size !== undefined && size < 150) return false
            continue
          }
          const size = part.payload.byteLength
          if (part.to - part.from > 1 ? size > limits.batchBytes : size > limits.maxRecord) return false
          const got = decodeBatch(part.payload, part.to - part.from, codec).values as { text: string }[]
          if (got.some(({ text }, index) => text.length !== wanted[part.from + index])) return false
        }
        return next === wanted.length
      }),
      { numRuns: 500 },
    )
    t.pass()
  },
)

t.test('a batch is never cut where it may not be, however large that makes it', async (t) => {
  const groups = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(groups, (counts) => {
      const owner = counts.flatMap((count, group) => new Array<number>(count).fill(group))
      const values = owner.map((group) => `${group}`.padEnd(60))
      const mayCut = (index: number) => owner[index] !== owner[index - 1]
      const limits = { batchBytes: 200, maxRecord: 1000, maxBatch: 1e6 }
      for (const part of encodeWithin({ values, ids }, codec, limits, mayCut)) {
        if ('refused' in part) return false
        if (part.from > 0 && !mayCut(part.from)) return false
        const whole = new Set(owner.slice(part.from, part.to)).size === 1
        if (!whole && part.payload.byteLength > limits.batchBytes) return false
      }
      return true
    }),
  )
  t.pass()
})

t.test('ten thousand records of which none can be encoded are all refused', async (t) => {
  const values = Array.from({ length: 10_000 }, () => () => {})
  const parts = [
    ...encodeWithin({ values, ids }, codec, { batchBytes: 1000, maxRecord: 1000, maxBatch: 1e6 }),
  ]
  t.equal(parts.length, 10_000)
  t.ok(parts.every((part, index) => 'refused' in part && part.from === index))
})

t.test('what fits is encoded in one piece', async (t) => {
  const values = Array.from({ length: 1000 }, (_, index) => index)
  const parts = [...encodeWithin({ values, ids }, codec, { batchBytes: 1e6, maxRecord: 1e6, maxBatch: 1e6 })]
  t.match(parts, [{ from: 0, to: 1000 }])
  t.same([...encodeWithin({ values: [], ids }, codec, { batchBytes: 1, maxRecord: 1, maxBatch: 1e6 })], [])
})

t.test('a batch has no more records than wanted, unless it may not be cut', async (t) => {
  const values = [...'aabbbbbc']
  const limits = { batchBytes: 1e6, maxRecord: 1e6, maxBatch: 1e6, batchRecords: 2 }
  const lengths = (mayCut?: (index: number) => boolean) =>
    [...encodeWithin({ values, ids }, codec, limits, mayCut)].map(({ from, to }) => to - from)
  t.same(lengths(), [2, 2, 2, 2])
  t.same(
    lengths((index) => values[index] !== values[index - 1]),
    [2, 5, 1],
  )
})

t.test('what may not be cut and is larger than any batch can be is refused as a whole', async (t) => {
  const values = ['x'.repeat(600), 'x'.repeat(600), 'y']
  const limits = { batchBytes: 500, maxRecord: 1000, maxBatch: 1000 }
  const parts = [...encodeWithin({ values, ids }, codec, limits, (index) => index === 2)]
  t.match(parts, [
    { from: 0, to: 2, refused: { code: 'record_too_large' } },
    { from: 2, to: 3 },
  ])
})
