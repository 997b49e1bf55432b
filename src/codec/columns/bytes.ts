import type { Scratch } from '../scratch.js'
import { appendLengths, lengthsIn } from './lengths.js'

/** Byte strings as a column: all lengths first, then everything in one run, as with text. */
export function encodeBytes(values: readonly Uint8Array[], scratch: Scratch): void {
  appendLengths(values, scratch)
  for (const value of values) scratch.append(value)
}

/** The values are views into one copy of what is in `bytes`. */
export function decodeBytes(bytes: Uint8Array, count: number): Buffer[] {
  const { lengths, total, body } = lengthsIn(bytes, count)
  if (total !== body.byteLength) throw new RangeError('lengths and bytes of a batch do not match')
  const copy = Buffer.from(body)
  const values = new Array<Buffer>(count)
  for (let i = 0, at = 0; i < count; i++) {
    const end = at + lengths[i]!
    values[i] = copy.subarray(at, end)
    at = end
  }
  return values
}
