import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { LineSplitter, type SplitLines } from '../../src/lines/splitter.js'

interface Line {
  readonly text?: string
  readonly size?: number
  readonly start: number
  readonly next: number
}

function split(chunks: readonly Buffer[], longest = 1 << 30, from = 0): Line[] {
  const splitter = new LineSplitter(longest, from)
  const pieces: SplitLines[] = []
  for (const chunk of chunks) {
    const lent = Buffer.from(chunk)
    pieces.push(...splitter.push(lent))
    lent.fill('!')
  }
  pieces.push(...splitter.end())
  return pieces.flatMap((piece): Line[] => {
    if ('size' in piece) return [{ size: piece.size, start: piece.start, next: piece.end }]
    const { lines, starts, end } = piece
    return lines.map((text, i) => ({ text, start: starts[i]!, next: starts[i + 1] ?? end }))
  })
}

/** The same, said as plainly as possible: one line at a time, decoded for itself. */
function splitPlainly(bytes: Buffer, longest = 1 << 30): Line[] {
  const lines: Line[] = []
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf('\n', start)
    const end = newline === -1 ? bytes.length : newline
    const next = newline === -1 ? end : end + 1
    const withReturn = newline > start && bytes[newline - 1] === 0x0d
    const textEnd = withReturn ? end - 1 : end
    const text = bytes.toString('utf8', start, textEnd)
    const shown = start === 0 ? text.replace(/^\uFEFF/, '') : text
    if (textEnd - start > longest) lines.push({ size: end - start, start, next })
    else if (newline !== -1 || shown !== '') lines.push({ text: shown, start, next })
    start = next
  }
  return lines
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  const edges = [0, ...places, bytes.length]
  return edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge))
}

const fragment = fc.oneof(
  fc.constantFrom('\n', '\r\n', '\r', '\uFEFF', 'ä', '€', '😀', ' '),
  fc.string({ maxLength: 8 }),
)
const text = fc.array(fragment, { maxLength: 30 }).map((parts) => Buffer.from(parts.join('')))
const anything = fc
  .array(fc.oneof(fc.nat(255), fc.constantFrom(0x0a, 0x0d, 0xef, 0xbb, 0xbf)), { maxLength: 60 })
  .map((bytes) => Buffer.from(bytes))
const cuts = fc.array(fc.nat(), { maxLength: 12 })

t.test('however a text arrives, its lines and their byte offsets are the same', async () => {
  fc.assert(
    fc.property(fc.oneof(text, anything), cuts, (bytes, at) => {
      assert.deepEqual(split(cutAt(bytes, at)), splitPlainly(bytes))
    }),
    { numRuns: 500 },
  )
})

t.test('however a text arrives, exactly the lines above the limit are left out', async () => {
  fc.assert(
    fc.property(fc.oneof(text, anything), cuts, fc.nat(12), (bytes, at, longest) => {
      assert.deepEqual(split(cutAt(bytes, at), longest), splitPlainly(bytes, longest))
    }),
    { numRuns: 500 },
  )
})

t.test('splitting can begin again at any line, and goes on as if it had not stopped', async () => {
  fc.assert(
    fc.property(text, cuts, (bytes, at) => {
      const lines = split(cutAt(bytes, at))
      for (const [i, { next }] of lines.entries()) {
        assert.deepEqual(split([bytes.subarray(next)], 1 << 30, next), lines.slice(i + 1))
      }
    }),
  )
})

t.test('an empty line is a line, and nothing at all has none', async (t) => {
  t.strictSame(split([]), [])
  t.strictSame(split([Buffer.from('\n\n')]), [
    { text: '', start: 0, next: 1 },
    { text: '', start: 1, next: 2 },
  ])
})

t.test('a long line that arrives byte by byte costs time in proportion to its length', async (t) => {
  const splitter = new LineSplitter(1 << 30)
  const byte = Buffer.from('x')
  for (let i = 0; i < 2_000_000; i++) splitter.push(byte)
  const [line] = splitter.push(Buffer.from('\n'))
  t.match(line, { end: 2_000_001 })
})

t.test('of a line above the limit no more than the limit is held', async (t) => {
  const splitter = new LineSplitter(1000)
  const before = process.memoryUsage().arrayBuffers
  const chunk = Buffer.alloc(1 << 20, 'x')
  for (let i = 0; i < 64; i++) splitter.push(chunk)
  t.ok(process.memoryUsage().arrayBuffers - before < 8 << 20)
  t.equal(splitter.unfinished, 64 << 20)
  t.strictSame(splitter.push(Buffer.from('\nnext\n')), [
    { start: 0, size: 64 << 20, end: (64 << 20) + 1 },
    { lines: ['next'], starts: [(64 << 20) + 1], end: (64 << 20) + 6 },
  ])
})

t.test(
  'a run of many pieces is split as a plain look at it would, and every line knows where it begins',
  async (t) => {
    for (const line of ['a line', 'eine Zeile mit ß', 'one\r', 'x'.repeat(50_000), '😀'.repeat(300)]) {
      const count = Math.ceil(200_000 / line.length)
      const bytes = Buffer.from(
        Array.from({ length: count }, (_, i) => `${i}${line.slice(i % 3)}\n`).join(''),
      )
      assert.deepEqual(split([bytes]), splitPlainly(bytes))
    }
    t.pass()
  },
)
