/**
 * The numbers of workers. Those elsewhere get one that nobody had in this run, so a line of the log says
 * for ever which machine it is about; those of this machine are numbered from 1, around the others.
 */
export class WorkerNumbers {
  /** Of this machine's workers, also of those that are gone: they come again here, and nowhere else. */
  readonly #own: number[]
  /** The highest that anybody ever had. */
  #highest: number

  /** @param own how many this machine begins with */
  constructor(own: number) {
    this.#own = Array.from({ length: own }, (_, i) => i + 1)
    this.#highest = own
  }

  /** So many for another machine. */
  lend(count: number): number[] {
    return this.#new(count)
  }

  /** So many more for this machine. */
  own(count: number, ownNow: readonly number[]): number[] {
    const again = this.#own.filter((number) => !ownNow.includes(number)).slice(0, count)
    const added = this.#new(count - again.length)
    this.#own.push(...added)
    return [...again, ...added]
  }

  #new(count: number): number[] {
    const numbers = Array.from({ length: count }, (_, i) => this.#highest + i + 1)
    this.#highest += count
    return numbers
  }
}
