/**
 * The numbers of workers. Those elsewhere get one that nobody had in this run, so a line of the log says
 * for ever which machine it is about; those of this machine are numbered from 1, around the others.
 */
export class WorkerNumbers {
  /** Of workers elsewhere, also of those that are gone. */
  readonly #elsewhere = new Set<number>()

  /** So many for another machine. */
  lend(count: number, ownNow: readonly number[]): number[] {
    const first = Math.max(0, ...ownNow, ...this.#elsewhere) + 1
    const numbers = Array.from({ length: count }, (_, i) => first + i)
    for (const number of numbers) this.#elsewhere.add(number)
    return numbers
  }

  /** So many more for this machine. */
  own(count: number, ownNow: readonly number[]): number[] {
    const numbers: number[] = []
    for (let number = 1; numbers.length < count; number++)
      if (!this.#elsewhere.has(number) && !ownNow.includes(number)) numbers.push(number)
    return numbers
  }
}
