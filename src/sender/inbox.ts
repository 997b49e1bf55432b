import { idAt } from '../model/ids.js'
import type { Records } from '../model/record.js'
import type { Result } from '../model/sink.js'

/** Results in the sender's hand, in order, each with its place in the out-queue. */
export class Inbox {
  #results: Result[] = []
  #places: number[] = []
  #head = 0

  get size(): number {
    return this.#results.length - this.#head
  }

  /** Takes in the records `[skip, skip + count)`; the first of them has the place `from`. */
  add(records: Records, from: number, skip: number, count: number): void {
    for (let i = 0; i < count; i++) {
      const index = skip + i
      this.#places.push(from + i)
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
    this.#results.fill(undefined as never, this.#head, this.#head + count)
    this.#head += count
    if (this.#head < this.#results.length && this.#head < 4096) return
    this.#results = this.#results.slice(this.#head)
    this.#places = this.#places.slice(this.#head)
    this.#head = 0
  }
}
