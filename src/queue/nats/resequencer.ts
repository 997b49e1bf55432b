/**
 * Puts numbered things that arrive in any order back into the order of their numbers: 0, 1, 2, …
 *
 * The pattern and its name are from Hohpe and Woolf, *Enterprise Integration Patterns*.
 */
export class Resequencer<T extends object> {
  /** The number whose turn it is. */
  #next = 0
  /** What arrived before its turn. */
  readonly #early = new Map<number, T>()

  /** Whether something arrived under this number before. */
  knows(number: number): boolean {
    return number < this.#next || this.#early.has(number)
  }

  /** Takes one in that is not known yet, and returns those whose turn has come with it, in order. */
  accept(number: number, item: T): readonly T[] {
    this.#early.set(number, item)
    const due: T[] = []
    for (let next = this.#early.get(this.#next); next !== undefined; next = this.#early.get(this.#next)) {
      this.#early.delete(this.#next++)
      due.push(next)
    }
    return due
  }
}
