import type { Records } from '../model/record.js'

/** Records that were lent together, decoded. */
export interface Lend {
  readonly records: Records
  /** The place of `records.values[0]`. */
  readonly from: number
  readonly attempt: number
  readonly bytes: number
  /** One of its records may have taken a worker along: they are begun one at a time, each announced. */
  readonly careful: boolean
}

interface Held extends Lend {
  /** First index that nobody has begun. */
  next: number
  /** First index that is not this worker's (any more). */
  end: number
}

/** What a worker has in hand and has not begun: a queue of lends, taken record by record from the front. */
export class Hand {
  readonly #lends: Held[] = []
  #head = 0
  #size = 0

  /** Records that nobody has begun. */
  get size(): number {
    return this.#size
  }

  /** Whether records of careful lends are among them. */
  get hasCareful(): boolean {
    return this.#lends.some((lend, at) => at >= this.#head && lend.careful)
  }

  /** Takes in `count` records of `lend`, from index `skip`. */
  add(lend: Lend, skip: number, count: number): void {
    if (count === 0) return
    this.#lends.push({ ...lend, next: skip, end: skip + count })
    this.#size += count
  }

  /** The lend that the next record is in; its index is what {@link begin} returns. */
  get current(): Lend | undefined {
    return this.#lends[this.#head]
  }

  /** Begins the next record of {@link current}, and returns its index there. */
  begin(): number {
    const lend = this.#lends[this.#head]!
    const index = lend.next++
    this.#size--
    if (lend.next === lend.end) this.#dropHead()
    return index
  }

  /** Lets go of the last `count` records that nobody has begun; returns their places as pairs `from, to`. */
  giveBack(count: number): number[] {
    const places: number[] = []
    for (let left = Math.min(count, this.#size); left > 0; ) {
      const last = this.#lends.at(-1)!
      const given = Math.min(left, last.end - last.next)
      last.end -= given
      places.unshift(last.from + last.end, last.from + last.end + given)
      if (last.end === last.next) this.#lends.pop()
      left -= given
      this.#size -= given
    }
    if (this.#head >= this.#lends.length) this.#clear()
    return places
  }

  #dropHead(): void {
    this.#lends[this.#head++] = undefined as never
    if (this.#head === this.#lends.length) this.#clear()
  }

  #clear(): void {
    this.#lends.length = 0
    this.#head = 0
  }
}
