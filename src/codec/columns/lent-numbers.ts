type Numbers = Uint32Array | Int32Array | Float64Array

export interface NumbersOf<Kind extends Numbers> {
  new (length: number): Kind
  readonly BYTES_PER_ELEMENT: number
}

/** More are rare, and not kept. */
const MOST_KEPT = 2 ** 17

/** Numbers, and the same memory as bytes. */
export interface LentNumbers<Kind extends Numbers> {
  readonly numbers: Kind
  readonly bytes: Uint8Array
}

const kept = new Map<NumbersOf<Numbers>, LentNumbers<Numbers>>()

/**
 * An array of at least so many numbers, for the moment: the same one is lent again and again. Numbers have
 * to stand on a border of their size to be seen as such, which those in a column of bytes do not.
 */
export function lentNumbers<Kind extends Numbers>(Type: NumbersOf<Kind>, count: number): LentNumbers<Kind> {
  const known = kept.get(Type) as LentNumbers<Kind> | undefined
  if (known && known.numbers.length >= count) return known
  const numbers = new Type(Math.max(count, 1024))
  const fresh = { numbers, bytes: new Uint8Array(numbers.buffer) }
  if (count <= MOST_KEPT) kept.set(Type, fresh)
  return fresh
}

/** The numbers at the head of these bytes, of which there are enough; valid until the next are asked for. */
export function numbersIn<Kind extends Numbers>(
  Type: NumbersOf<Kind>,
  bytes: Uint8Array,
  count: number,
): Kind {
  const lent = lentNumbers(Type, count)
  lent.bytes.set(bytes.subarray(0, count * Type.BYTES_PER_ELEMENT))
  return lent.numbers.subarray(0, count) as Kind
}
