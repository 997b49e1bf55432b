/** The waits between tries of something that fails: each twice as long as the one before, up to the longest. */
export class Backoff {
  readonly #first: number
  readonly #longest: number
  #failures = 0

  /** Milliseconds. Defaults: what a sink, or the origin of a source, is given to recover, from 0.1 to 30 s. */
  constructor(first = 100, longest = 30_000) {
    this.#first = first
    this.#longest = longest
  }

  /** How often it failed in a row. */
  get failures(): number {
    return this.#failures
  }

  /** It failed: milliseconds to wait before the next try. */
  failed(): number {
    return Math.min(this.#longest, this.#first * 2 ** this.#failures++)
  }

  /** It worked: the next failure is a first one again. */
  worked(): void {
    this.#failures = 0
  }
}
