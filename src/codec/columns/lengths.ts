import type { Scratch } from '../scratch.js'
import { lentNumbers, numbersIn } from './lent-numbers.js'

/** Appends the lengths of values as the head of a column: u32 × n. */
export function appendLengths<Value extends { readonly length: number }>(
  values: readonly Value[],
  scratch: Scratch,
): void {
  const count = values.length
  const { numbers, bytes } = lentNumbers(Uint32Array, count)
  for (let i = 0; i < count; i++) numbers[i] = values[i]!.length
  scratch.append(bytes.subarray(0, count * Uint32Array.BYTES_PER_ELEMENT))
}

/** The lengths of `count` values (valid until the next are asked for), their sum, and what stands behind them. */
export function lengthsIn(
  bytes: Uint8Array,
  count: number,
): { readonly lengths: Uint32Array; readonly total: number; readonly body: Buffer } {
  const head = count * Uint32Array.BYTES_PER_ELEMENT
  if (bytes.byteLength < head) throw new RangeError('a batch is shorter than its count says')
  const lengths = numbersIn(Uint32Array, bytes, count)
  let total = 0
  for (let i = 0; i < count; i++) total += lengths[i]!
  return { lengths, total, body: Buffer.from(bytes.buffer, bytes.byteOffset + head, bytes.byteLength - head) }
}
