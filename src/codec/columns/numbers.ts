import type { Scratch } from '../scratch.js'
import { lentNumbers, numbersIn } from './lent-numbers.js'

/** Numbers as a column: as whole numbers of 32 bits where all of them are, or else as doubles. */
export type Numbers = Int32ArrayConstructor | Float64ArrayConstructor

/** Whether 32 bits keep all of them (but for the sign of -0, which MessagePack does not keep). */
export function areInts(values: readonly number[]): boolean {
  for (let i = 0; i < values.length; i++) if ((values[i]! | 0) !== values[i]) return false
  return true
}

export function encodeNumbers(values: readonly number[], Numbers: Numbers, scratch: Scratch): void {
  const { numbers, bytes } = lentNumbers<Int32Array | Float64Array>(Numbers, values.length)
  for (let i = 0; i < values.length; i++) numbers[i] = values[i]!
  scratch.append(bytes.subarray(0, values.length * Numbers.BYTES_PER_ELEMENT))
}

export function decodeNumbers(bytes: Uint8Array, count: number, Numbers: Numbers): number[] {
  if (bytes.byteLength !== count * Numbers.BYTES_PER_ELEMENT) {
    throw new RangeError(`a batch of ${count} does not have as many numbers`)
  }
  const column = numbersIn<Int32Array | Float64Array>(Numbers, bytes, count)
  const values = new Array<number>(count)
  for (let i = 0; i < count; i++) values[i] = column[i]!
  return values
}
