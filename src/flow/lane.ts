/** Items that left at the front before their slots are given up: few enough to waste, many enough to be rare. */
const LONGEST_GAP = 512

/**
 * An array that mostly loses its first items. `splice` at the front of a long array moves all the
 * others, for every item; here the front only advances.
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
    const begin = this.#front + from
    if (gone < 0 || (gone > 0 && from > 0)) {
      this.#slots.splice(begin, to - from, ...items)
      return
    }
    this.#slots.fill(undefined, begin, begin + gone)
    for (let i = 0; i < items.length; i++) this.#slots[begin + gone + i] = items[i]
    this.#front += gone
    if (this.#front <= LONGEST_GAP || this.#front * 2 <= this.#slots.length) return
    this.#slots.splice(0, this.#front)
    this.#front = 0
  }

  /** All items in order, as an array of their own. */
  items(): T[] {
    return this.#slots.slice(this.#front) as T[]
  }
}
