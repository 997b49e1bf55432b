import { idAt } from '../model/ids.js'
import type { Records } from '../model/record.js'
import type { Result } from '../model/sink.js'

/**
 * Results in the sender's hand, in order, each with its place in the out-queue.
 *
 * It remembers where the lent pieces end: a piece never cuts the results of one record apart, so
 * there, and nowhere else for sure, what was delivered is whole records.
 */
export class Inbox {
  #results: Result[] = []
  #places: number[] = []
  /** Whether a piece ends with this result. */
  #ends: boolean[] = []
  #head = 0
  #atBorder = true

  get size(): number {
    return this.#results.length - this.#head
  }

  /** Whether what was dropped so far ends where a piece does. */
  get atBorder(): boolean {
    return this.#atBorder
  }

  /** Results that are left of the piece which the next one belongs to. */
  get leftOfPiece(): number {
    return this.size === 0 ? 0 : this.#ends.indexOf(true, this.#head) + 1 - this.#head
  }

  /** Takes in the records `[skip, skip + count)`; the first of them has the place `from`. */
  add(records: Records, from: number, skip: number, count: number): void {
    for (let i = 0; i < count; i++) {
      const index = skip + i
      this.#places.push(from + i)
      this.#ends.push(i === count - 1)
      this.#results.push({
        id: idAt(records.ids, index),
        key: records.keys?.[index],
        headers: records.headers?.[index],
        value: records.values[index],
      })
    }
  }

  /** The next results, at most `limit`; they stay until {@link drop}. */
  peek(limit: number): { readonly results: readonly Result[]; readonly places: readonly number[] } {
    const end = Math.min(this.#head + limit, this.#results.length)
    return { results: this.#results.slice(this.#head, end), places: this.#places.slice(this.#head, end) }
  }

  drop(count: number): void {
    if (count === 0) return
    this.#atBorder = this.#ends[this.#head + count - 1]!
    this.#results.fill(undefined as never, this.#head, this.#head + count)
    this.#head += count
    if (this.#head < this.#results.length && this.#head < 4096) return
    this.#results = this.#results.slice(this.#head)
    this.#places = this.#places.slice(this.#head)
    this.#ends = this.#ends.slice(this.#head)
    this.#head = 0
  }
}
