import { pack, unpack } from '../../codec/msgpack.js'

/** What stands for a number that is absent. */
const NONE = Number.NaN

/** What stands for the length of a text or a list that is absent. */
const NO_LENGTH = 0xffffffff

const INITIAL = 4096

/** Bytes of a number: a double, little-endian. */
const NUMBER = 8
const LENGTH = 4

/** Writes the fields of a header one after another, into memory that is used again. */
export class FieldWriter {
  #bytes = Buffer.allocUnsafeSlow(INITIAL)
  #at = 0

  begin(): this {
    this.#at = 0
    return this
  }

  /** What was written, valid until the next {@link begin}. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#at)
  }

  number(value: number): void {
    this.#grow(NUMBER)
    this.#at = this.#bytes.writeDoubleLE(value, this.#at)
  }

  optionalNumber(value: number | undefined): void {
    this.number(value ?? NONE)
  }

  numbers(values: readonly number[] | undefined): void {
    this.#length(values?.length)
    for (const value of values ?? []) this.number(value)
  }

  text(value: string | undefined): void {
    if (value === undefined) {
      this.#length(undefined)
      return
    }
    const length = Buffer.byteLength(value)
    this.#length(length)
    this.#grow(length)
    this.#at += this.#bytes.write(value, this.#at)
  }

  bytes(value: Uint8Array | undefined): void {
    this.#length(value?.byteLength)
    if (!value) return
    this.#grow(value.byteLength)
    this.#bytes.set(value, this.#at)
    this.#at += value.byteLength
  }

  /** What is there too rarely to have fields of its own. */
  rest(value: unknown): void {
    this.bytes(value === undefined ? undefined : pack(value))
  }

  #length(length = NO_LENGTH): void {
    this.#grow(LENGTH)
    this.#at = this.#bytes.writeUInt32LE(length, this.#at)
  }

  #grow(more: number): void {
    const needed = this.#at + more
    if (needed <= this.#bytes.byteLength) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.byteLength))
    larger.set(this.written)
    this.#bytes = larger
  }
}

/** Reads fields in the order in which they were written. Throws a RangeError where there are none left. */
export class FieldReader {
  readonly #bytes: Buffer
  #at = 0

  constructor({ buffer, byteOffset, byteLength }: Uint8Array) {
    this.#bytes = Buffer.from(buffer, byteOffset, byteLength)
  }

  number(): number {
    const value = this.#bytes.readDoubleLE(this.#at)
    this.#at += NUMBER
    return value
  }

  optionalNumber(): number | undefined {
    const value = this.number()
    return Number.isNaN(value) ? undefined : value
  }

  numbers(): number[] | undefined {
    const length = this.#length(NUMBER)
    if (length === undefined) return undefined
    const values: number[] = []
    for (let i = 0; i < length; i++) values.push(this.number())
    return values
  }

  text(): string | undefined {
    return this.#view()?.toString()
  }

  /** A copy, since what was read belongs to the link. */
  bytes(): Uint8Array | undefined {
    const bytes = this.#view()
    return bytes && Buffer.from(bytes)
  }

  rest(): unknown {
    const bytes = this.#view()
    return bytes && unpack(bytes)
  }

  #view(): Buffer | undefined {
    const length = this.#length(1)
    if (length === undefined) return undefined
    const from = this.#at
    this.#at += length
    return this.#bytes.subarray(from, this.#at)
  }

  /** @param size bytes of each of what follows, of which there must be so many */
  #length(size: number): number | undefined {
    const length = this.#bytes.readUInt32LE(this.#at)
    this.#at += LENGTH
    if (length === NO_LENGTH) return undefined
    if (length * size > this.#bytes.byteLength - this.#at) {
      throw new RangeError('a field is longer than its header')
    }
    return length
  }
}
