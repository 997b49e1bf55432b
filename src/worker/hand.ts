import type { Records } from '../model/record.js'

/** Records that were lent together, decoded. */
export interface Lend {
  readonly records: Records
  /** The place of `records.values[0]`. */
  readonly from: number
  readonly attempt: number
  /** One of its records may have taken a worker along: they are begun one at a time, each announced. */
  readonly careful: boolean
}

interface Held {
  readonly lend: Lend
  /** First index that nobody has begun. */
  next: number
  /** First index that is not this worker's (any more). */
  end: number
}

/** What a worker has in hand and has not begun: a queue of lends, taken record by record from the front. */
export class Hand {
  readonly #held: Held[] = []
  #head = 0
  #size = 0

  /** Records that nobody has begun. */
  get size(): number {
    return this.#size
  }

  /** Whether records of careful lends are among them. */
  get hasCareful(): boolean {
    return this.#held.some((held, at) => at >= this.#head && held.lend.careful)
  }

  /** Takes in `count` records of `lend`, from index `skip`. */
  add(lend: Lend, skip: number, count: number): void {
    if (count === 0) return
    this.#held.push({ lend, next: skip, end: skip + count })
    this.#size += count
  }

  /** The lend that the next record is in; its index is what {@link begin} returns. */
  get current(): Lend | undefined {
    return this.#held[this.#head]?.lend
  }

  /** Begins the next record of {@link current}, and returns its index there. */
  begin(): number {
    const held = this.#held[this.#head]!
    const index = held.next++
    this.#size--
    if (held.next === held.end) this.#dropHead()
    return index
  }

  /** Lets go of the last `count` records that nobody has begun; returns their places as pairs `from, to`. */
  giveBack(count: number): number[] {
    const places: number[] = []
    for (let left = Math.min(count, this.#size); left > 0; ) {
      const last = this.#held.at(-1)!
      const given = Math.min(left, last.end - last.next)
      last.end -= given
      const from = last.lend.from + last.end
      places.unshift(from, from + given)
      if (last.end === last.next) this.#held.pop()
      left -= given
      this.#size -= given
    }
    if (this.#head >= this.#held.length) this.#clear()
    return places
  }

  #dropHead(): void {
    this.#held[this.#head++] = undefined as never
    if (this.#head === this.#held.length) this.#clear()
  }

  #clear(): void {
    this.#held.length = 0
    this.#head = 0
  }
}
