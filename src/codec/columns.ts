/**
 * Strings, and byte strings, as columns: all lengths first, then everything in one run.
 *
 * ```
 *  ┌────────────────────┬───────────────────────┐
 *  │ lengths: u32 × n   │ all values, unbroken  │
 *  └────────────────────┴───────────────────────┘
 * ```
 *
 * This makes one long copy of many short ones: strings are written as one UTF-8 text and cut up
 * again by their lengths in UTF-16 units, so nothing is decoded or measured one by one.
 *
 * UTF-8 has no form for half of a surrogate pair, so text that has one is written as UTF-16.
 */
export type TextEncoding = 'utf8' | 'utf16le'

/** Encodes strings; lengths are in UTF-16 units, as `String.length` has them. */
export function encodeText(values: readonly string[], encoding: TextEncoding): Uint8Array {
  const lengths = new Uint32Array(values.length)
  for (let i = 0; i < values.length; i++) lengths[i] = values[i]!.length
  return joined(lengths, Buffer.from(values.join(''), encoding))
}

export function decodeText(bytes: Uint8Array, count: number, encoding: TextEncoding): string[] {
  const { lengths, body } = parted(bytes, count)
  const text = body.toString(encoding)
  if (sum(lengths) !== text.length) throw new RangeError('lengths and text of a batch do not match')
  const values = new Array<string>(count)
  for (let i = 0, at = 0; i < count; i++) {
    const end = at + lengths[i]!
    values[i] = text.slice(at, end)
    at = end
  }
  return values
}

/** `String.isWellFormed`, which the language level of this project does not declare yet. */
export const isWellFormed = (text: string): boolean =>
  (text as string & { isWellFormed(): boolean }).isWellFormed()

export function encodeBytes(values: readonly Uint8Array[]): Uint8Array {
  const lengths = new Uint32Array(values.length)
  for (let i = 0; i < values.length; i++) lengths[i] = values[i]!.byteLength
  return joined(lengths, ...values)
}

/** The values are views into `bytes`, not copies. */
export function decodeBytes(bytes: Uint8Array, count: number): Buffer[] {
  const { lengths, body } = parted(bytes, count)
  if (sum(lengths) !== body.byteLength) throw new RangeError('lengths and bytes of a batch do not match')
  const values = new Array<Buffer>(count)
  for (let i = 0, at = 0; i < count; i++) {
    const end = at + lengths[i]!
    values[i] = body.subarray(at, end)
    at = end
  }
  return values
}

const joined = (lengths: Uint32Array, ...body: readonly Uint8Array[]) =>
  Buffer.concat([Buffer.from(lengths.buffer, lengths.byteOffset, lengths.byteLength), ...body])

function parted(bytes: Uint8Array, count: number): { lengths: Uint32Array; body: Buffer } {
  const head = count * Uint32Array.BYTES_PER_ELEMENT
  if (bytes.byteLength < head) throw new RangeError('a batch is shorter than its count says')
  const lengths = new Uint32Array(count)
  Buffer.from(lengths.buffer).set(bytes.subarray(0, head))
  return { lengths, body: Buffer.from(bytes.buffer, bytes.byteOffset + head, bytes.byteLength - head) }
}

function sum(lengths: Uint32Array): number {
  let total = 0
  for (let i = 0; i < lengths.length; i++) total += lengths[i]!
  return total
}
