/** Free slots in front of the first item before they are given up: few enough to waste, many enough to be rare. */
const LONGEST_GAP = 512

/** Items that are handed to one call of `splice`, far below what a stack has room for. */
const MOST_ARGUMENTS = 1024

/**
 * An array that changes mostly at its front, or not far from it. `splice` there moves all the items
 * behind; here the smaller side moves.
 *
 * ```
 *   slots:  │ free │ a b c d e f g h … │        replace(2, 3, [])  →  │ free │ │ a b d e f g h … │
 *                   ↑ front                       moves a and b                 ↑ front
 * ```
 */
export class Lane<T> {
  readonly #slots: (T | undefined)[] = []
  #front = 0

  get length(): number {
    return this.#slots.length - this.#front
  }

  at(index: number): T | undefined {
    return this.#slots[this.#front + index]
  }

  push(item: T): void {
    this.#slots.push(item)
  }

  /** Puts `items` in place of those at `[from, to)`. */
  replace(from: number, to: number, items: readonly T[]): void {
    const gone = to - from - items.length
    const nearFront = from < this.length - to
    if (gone !== 0 && !(nearFront && this.#front + gone >= 0)) {
      this.#splice(this.#front + from, to - from, items)
      return
    }
    if (gone !== 0) this.#moveFront(gone, from)
    for (let i = 0; i < items.length; i++) this.#slots[this.#front + from + i] = items[i]
    if (this.#front <= LONGEST_GAP || this.#front * 2 <= this.#slots.length) return
    this.#slots.splice(0, this.#front)
    this.#front = 0
  }

  /** A call takes only so many arguments. */
  #splice(begin: number, gone: number, items: readonly T[]): void {
    const slots = this.#slots
    if (items.length <= MOST_ARGUMENTS) {
      slots.splice(begin, gone, ...items)
      return
    }
    const behind = slots.splice(begin).slice(gone)
    for (const item of items) slots.push(item)
    for (const item of behind) slots.push(item)
  }

  /** Moves the first `count` items, so that the front is `by` slots further behind. No call does this as fast as a loop. */
  #moveFront(by: number, count: number): void {
    const slots = this.#slots
    const from = this.#front
    const to = from + by
    if (by > 0) {
      for (let i = count - 1; i >= 0; i--) slots[to + i] = slots[from + i]
      for (let i = from; i < to; i++) slots[i] = undefined
    } else {
      for (let i = 0; i < count; i++) slots[to + i] = slots[from + i]
    }
    this.#front = to
  }

  /** All items in order, as an array of their own. */
  items(): T[] {
    return this.#slots.slice(this.#front) as T[]
  }
}
