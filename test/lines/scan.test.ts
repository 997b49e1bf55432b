import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { scanLines } from '../../src/lines/scan.js'

/** Bytes as they look to somebody who looks at each. */
function scanned(bytes: readonly number[], from: number, to: number, limit: number) {
  const ends = bytes.flatMap((byte, at) => (byte === 10 && at >= from && at < to ? [at + 1] : []))
  const counted = ends.slice(0, limit)
  const end = counted.at(-1) ?? from
  const begins = [from, ...counted].filter((at) => at < to && (counted.length < limit || at < end))
  return {
    lines: counted.length,
    end,
    mayBeBlank: begins.some((at) => bytes[at]! <= 32 || bytes[at]! >= 128),
  }
}

t.test('lines are counted wherever they end, up to the limit', async (t) => {
  const byte = fc.oneof(fc.constantFrom(10, 11, 9, 13, 32, 0x8a, 0x0b, 0), fc.nat(255))
  const bytes = fc.array(byte, { size: 'max', maxLength: 100 })
  fc.assert(
    fc.property(bytes, fc.nat(100), fc.nat(100), fc.integer({ min: 1, max: 8 }), (bytes, a, b, limit) => {
      const chunk = Buffer.from([...bytes, ...Array(100 - bytes.length).fill(10)])
      const [from, to] = [Math.min(a, b, bytes.length), Math.min(Math.max(a, b), bytes.length)]
      assert.deepEqual(scanLines(chunk, from, to, limit), scanned(bytes, from, to, limit))
    }),
    { numRuns: 2000 },
  )
  t.pass()
})
