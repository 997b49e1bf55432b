import { lengthsIn, lengthsOf } from './lengths.js'

/** Byte strings as a column: all lengths first, then everything in one run, as with text. */
export function encodeBytes(values: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([lengthsOf(values, (value) => value.byteLength), ...values])
}

/** The values are views into `bytes`, not copies. */
export function decodeBytes(bytes: Uint8Array, count: number): Buffer[] {
  const { lengths, total, body } = lengthsIn(bytes, count)
  if (total !== body.byteLength) throw new RangeError('lengths and bytes of a batch do not match')
  const values = new Array<Buffer>(count)
  for (let i = 0, at = 0; i < count; i++) {
    const end = at + lengths[i]!
    values[i] = body.subarray(at, end)
    at = end
  }
  return values
}
