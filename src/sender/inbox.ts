import type { Records } from '../model/record.js'
import type { Result } from '../model/sink.js'
import { LentResult } from './lent-result.js'

/** Results that were lent together, decoded; those before `next` are delivered. */
interface Piece {
  readonly records: Records
  /** The place of `records.values[0]` in the out-queue. */
  readonly from: number
  next: number
  readonly end: number
}

/** Results that are delivered together, and where they stand in the out-queue: as pairs of places. */
export interface Delivery {
  readonly results: readonly Result[]
  readonly places: readonly number[]
}

/**
 * Results in the sender's hand: a queue of lent pieces, taken from the front.
 *
 * A piece never cuts the results of one record apart, so where one ends, and nowhere else for sure,
 * what was delivered is whole records.
 */
export class Inbox {
  readonly #pieces: Piece[] = []
  #size = 0
  #atBorder = true

  get size(): number {
    return this.#size
  }

  /** Whether what was dropped so far ends where a piece does. */
  get atBorder(): boolean {
    return this.#atBorder
  }

  /** Results that are left of the piece which the next one belongs to. */
  get leftOfPiece(): number {
    const first = this.#pieces[0]
    return first ? first.end - first.next : 0
  }

  /** Takes in the records `[skip, skip + count)`; the first of them has the place `from`. */
  add(records: Records, from: number, skip: number, count: number): void {
    this.#pieces.push({ records, from: from - skip, next: skip, end: skip + count })
    this.#size += count
  }

  /** The next results, at most `limit`; they stay until {@link drop}. */
  peek(limit: number): Delivery {
    const results = new Array<Result>(Math.min(limit, this.#size))
    const places: number[] = []
    let count = 0
    for (const { records, from, next, end } of this.#pieces) {
      const to = Math.min(end, next + limit - count)
      if (to === next) break
      for (let index = next; index < to; index++) results[count++] = new LentResult(records, index)
      if (places.at(-1) === from + next) places[places.length - 1] = from + to
      else places.push(from + next, from + to)
    }
    results.length = count
    return { results, places }
  }

  drop(count: number): void {
    let left = count
    this.#size -= count
    while (left > 0) {
      const first = this.#pieces[0]!
      const dropped = Math.min(left, first.end - first.next)
      first.next += dropped
      left -= dropped
      this.#atBorder = first.next === first.end
      if (this.#atBorder) this.#pieces.shift()
    }
  }
}
