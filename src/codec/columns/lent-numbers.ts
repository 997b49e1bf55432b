type Numbers = Uint32Array | Int32Array | Float64Array

export interface NumbersOf<Kind extends Numbers> {
  new (length: number): Kind
  readonly BYTES_PER_ELEMENT: number
}

/** More are rare, and not kept. */
const MOST_KEPT = 2 ** 17

const kept = new Map<NumbersOf<Numbers>, Numbers>()

/**
 * An array of at least so many numbers, for the moment: the same one is lent again and again. Numbers have
 * to stand on a border of their size to be seen as such, which those in a column of bytes do not.
 */
export function lentNumbers<Kind extends Numbers>(Type: NumbersOf<Kind>, count: number): Kind {
  const known = kept.get(Type) as Kind | undefined
  if (known && known.length >= count) return known
  const fresh = new Type(Math.max(count, 1024))
  if (count <= MOST_KEPT) kept.set(Type, fresh)
  return fresh
}

/** The first `count` of them as bytes. */
export const bytesOfNumbers = (numbers: Numbers, count: number): Uint8Array =>
  new Uint8Array(numbers.buffer, 0, count * numbers.BYTES_PER_ELEMENT)

/** The numbers at the head of these bytes, of which there are enough; valid until the next are asked for. */
export function numbersIn<Kind extends Numbers>(
  Type: NumbersOf<Kind>,
  bytes: Uint8Array,
  count: number,
): Kind {
  const numbers = lentNumbers(Type, count)
  bytesOfNumbers(numbers, count).set(bytes.subarray(0, count * Type.BYTES_PER_ELEMENT))
  return numbers.subarray(0, count) as Kind
}
