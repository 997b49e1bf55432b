import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { encodeLines, lineOf, NoLine } from '../../src/lines/encode.js'
import { LineSplitter } from '../../src/lines/splitter.js'
import { results } from '../connectors/context.js'

t.test('strings are written as lines, bytes as they are, other values as NDJSON', async (t) => {
  const { bytes, rejected } = encodeLines(
    results('a', { b: 'x\ny' }, Buffer.from('raw'), 3, null, new Uint8Array([0xff]), 'z'),
    'lines',
  )
  t.strictSame(rejected, [])
  t.equal(bytes.toString('latin1'), 'a\n{"b":"x\\ny"}\nraw\n3\nnull\n\xff\nz\n')
})

t.test('with ndjson a string is a JSON string, and may hold line breaks', async (t) => {
  t.equal(encodeLines(results('a\nb', 1), 'ndjson').bytes.toString(), '"a\\nb"\n1\n')
})

t.test('a string with a line break is rejected with the fix, and the rest is written', async (t) => {
  const { bytes, rejected } = encodeLines(results('a', 'b\nc', 'd'), 'lines')
  t.equal(bytes.toString(), 'a\nd\n')
  t.match(rejected, [{ index: 1, reason: /NDJSON/ }])
  t.equal(rejected.length, 1)
})

t.test('what JSON cannot hold is rejected, never written as something else', async (t) => {
  const circle: Record<string, unknown> = {}
  circle.self = circle
  const values = [undefined, 1n, Symbol('s'), () => 1, circle, new Map([[1, 2]]), new Set([1])]
  const { bytes, rejected } = encodeLines(results(...values), 'lines')
  t.equal(bytes.length, 0)
  t.strictSame(
    rejected.map(({ index }) => index),
    values.map((_, i) => i),
  )
})

t.test('what JSON would leave out without a word is refused, however deep it lies', async (t) => {
  for (const lost of [() => 1, Symbol('s')])
    for (const value of [{ lost }, [lost], { a: 1, b: [{ c: { lost } }] }]) {
      const line = lineOf(value, 'lines')
      t.match(line, { reason: new RegExp(`${typeof lost} cannot be encoded.*Return`) })
      t.ok(line instanceof NoLine)
    }
})

t.test('what says for itself how it becomes JSON may hold what it likes', async (t) => {
  class Point {
    readonly measure = () => 1
    toJSON() {
      return [1, 2]
    }
  }
  const inherited = Object.assign(Object.create({ measure: () => 1 }), { x: 1 })
  const date = new Date(0)
  t.equal(
    lineOf({ point: new Point(), inherited, date, bytes: Buffer.from('a'), none: null }, 'lines'),
    '{"point":[1,2],"inherited":{"x":1},"date":"1970-01-01T00:00:00.000Z","bytes":{"type":"Buffer","data":[97]},"none":null}',
  )
})

t.test('a value that throws when it is looked at is no line, and says what it threw', async (t) => {
  const throwing = {
    get field() {
      throw new Error('not today')
    },
  }
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  t.match(lineOf(throwing, 'lines'), { reason: /not today/ })
  t.match(lineOf(proxy, 'lines'), { reason: /revoked/ })
})

t.test('bytes that are a part of a larger buffer are written without their neighbours', async (t) => {
  t.equal(encodeLines(results(Buffer.from('abcdef').subarray(2, 4)), 'lines').bytes.toString(), 'cd\n')
})

t.test('every result that is not rejected is exactly one line', async () => {
  const value = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('a\nb', '\n'), fc.jsonValue())
  fc.assert(
    fc.property(fc.array(value), fc.constantFrom('lines' as const, 'ndjson' as const), (values, format) => {
      const { bytes, rejected } = encodeLines(results(...values), format)
      const split = new LineSplitter(1 << 30, 1).push(bytes)
      const lines = split.reduce((sum, piece) => sum + ('lines' in piece ? piece.lines.length : 0), 0)
      assert.equal(lines, values.length - rejected.length)
    }),
  )
})
