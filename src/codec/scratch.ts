/** Bytes to begin with: a batch as it should be fits, with its head. */
const INITIAL = 160 * 2 ** 10

/** Larger ones are rare, and let go of. */
const LARGEST_KEPT = 2 ** 22

/**
 * Memory in which bytes are put together, one after another, and used again for the next. A buffer for
 * each batch would have to be given pages by the kernel, and taken back by a garbage collector that counts
 * such memory as much as its own: half of the time of a writer of strings went there.
 */
export class Scratch {
  #bytes = Buffer.allocUnsafeSlow(INITIAL)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** What was put together, valid until {@link clear}. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  clear(): void {
    this.#length = 0
    if (this.#bytes.byteLength > LARGEST_KEPT) this.#bytes = Buffer.allocUnsafeSlow(INITIAL)
  }

  /** Takes back what was put behind `length`. */
  truncate(length: number): void {
    this.#length = length
  }

  append(bytes: Uint8Array): void {
    const at = this.#length
    this.#grow(bytes.byteLength).set(bytes, at)
    this.#length += bytes.byteLength
  }

  /** Room for so many bytes, of which the first are at {@link length}. Only those of {@link advance} count. */
  reserve(bytes: number): Buffer {
    return this.#grow(bytes)
  }

  advance(bytes: number): void {
    this.#length += bytes
  }

  /** Puts bytes before what stands at `at`. */
  insert(at: number, bytes: Uint8Array): void {
    const whole = this.#grow(bytes.byteLength)
    whole.copyWithin(at + bytes.byteLength, at, this.#length)
    whole.set(bytes, at)
    this.#length += bytes.byteLength
  }

  #grow(more: number): Buffer {
    const needed = this.#length + more
    if (needed > this.#bytes.byteLength) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.byteLength))
      larger.set(this.written)
      this.#bytes = larger
    }
    return this.#bytes
  }
}
