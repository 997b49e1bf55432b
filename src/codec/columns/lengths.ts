/** The lengths of values as the head of a column: u32 × n. */
export function lengthsOf<Value>(values: readonly Value[], lengthOf: (value: Value) => number): Uint8Array {
  const lengths = new Uint32Array(values.length)
  for (let i = 0; i < values.length; i++) lengths[i] = lengthOf(values[i]!)
  return new Uint8Array(lengths.buffer)
}

/** The lengths of `count` values, their sum, and what stands behind them. */
export function lengthsIn(
  bytes: Uint8Array,
  count: number,
): { lengths: Uint32Array; total: number; body: Buffer } {
  const head = count * Uint32Array.BYTES_PER_ELEMENT
  if (bytes.byteLength < head) throw new RangeError('a batch is shorter than its count says')
  const lengths = new Uint32Array(count)
  new Uint8Array(lengths.buffer).set(bytes.subarray(0, head))
  let total = 0
  for (let i = 0; i < count; i++) total += lengths[i]!
  return { lengths, total, body: Buffer.from(bytes.buffer, bytes.byteOffset + head, bytes.byteLength - head) }
}
