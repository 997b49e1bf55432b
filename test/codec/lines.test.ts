import fc from 'fast-check'
import t from 'tap'
import { decodeId, decodeResults, encodeBatch } from '../../src/codec/batch.js'
import { codecNamed } from '../../src/codec/codec.js'
import { LineRun } from '../../src/codec/lines.js'
import type { Line } from '../../src/lines/encode.js'
import { TEXT_PIECE } from '../../src/model/text-piece.js'
import { anyText } from './values.js'

const codec = codecNamed('msgpack')
const ids = { prefix: 'big.log@', first: 40 }

function arrived(lines: readonly Line[]): LineRun {
  const run = decodeResults(encodeBatch({ values: lines, ids }, 'lines'), lines.length, codec)
  if (!(run instanceof LineRun)) throw new Error('lines are not taken for lines')
  return run
}

const written = (lines: readonly Line[]): Buffer =>
  Buffer.concat(lines.flatMap((line) => [Buffer.from(line as string), Buffer.from('\n')]))

const anyLine = fc.oneof(
  anyText,
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀', '\ud83d', '\ude00', '\n') }),
  fc.uint8Array({ maxLength: 40 }),
)

t.test('any part of a batch of lines is the bytes that these lines are, each with its end', async (t) => {
  const parts = fc
    .array(anyLine, { minLength: 1, maxLength: 12 })
    .chain((lines) => fc.tuple(fc.constant(lines), fc.nat(lines.length), fc.nat(lines.length)))
  fc.assert(
    fc.property(parts, ([lines, one, other]) => {
      const [from, to] = [Math.min(one, other), Math.max(one, other)]
      const run = arrived(lines)
      return (
        run.bytesOf(from, to).equals(written(lines.slice(from, to))) &&
        run.bytesOf(0, lines.length).equals(written(lines))
      )
    }),
    { numRuns: 1000 },
  )
  t.pass()
})

t.test('long lines, and many, are what they were, whatever their characters', async (t) => {
  for (const unit of ['a', 'é', '😀', '\ud83d']) {
    const long = unit.repeat(TEXT_PIECE + 7)
    const many = Array.from({ length: 3000 }, (_, i) => unit.repeat(i % 97))
    for (const lines of [[long, '', unit, long], many, [...many.slice(0, 900), Buffer.from(long), ...many]])
      t.ok(
        arrived(lines)
          .bytesOf(1, lines.length)
          .equals(written(lines.slice(1))),
        JSON.stringify(unit),
      )
  }
})

t.test('bytes that are a part of a larger buffer leave without their neighbours', async (t) => {
  t.equal(
    arrived([Buffer.from('abcdef').subarray(2, 4), 'g'])
      .bytesOf(0, 2)
      .toString(),
    'cd\ng\n',
  )
})

t.test('a line has its id, which is read without the lines', async (t) => {
  t.equal(decodeId(encodeBatch({ values: ['a', 'b'], ids }, 'lines'), 2, 1), 'big.log@41')
})

t.test('results that are no lines arrive as what they are', async (t) => {
  t.match(decodeResults(encodeBatch({ values: [{ a: 1 }], ids }, codec), 1, codec), { values: [{ a: 1 }] })
})

t.test('a count that lies, or a run that is cut short, is refused', async (t) => {
  const payload = encodeBatch({ values: ['a', 'bc'], ids }, 'lines')
  for (const count of [0, 1, 3, 2 ** 31])
    t.throws(() => decodeResults(payload, count, codec), RangeError, `${count} instead of 2`)
  for (let length = 0; length < payload.byteLength; length++)
    t.throws(() => decodeResults(payload.subarray(0, length), 2, codec), `${length} bytes`)
})
