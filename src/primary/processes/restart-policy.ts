/** OTP's intensity and period, with a growing wait; milliseconds. */
export interface RestartSettings {
  /** Unplanned restarts allowed within `period`. */
  readonly intensity: number
  readonly period: number
  /** Wait before the second restart without progress; the first is immediate. */
  readonly backoff: number
  readonly maxBackoff: number
}

/**
 * Whether a process may be replaced after it died, and how long to wait first. One for each place
 * in the pipeline; pure but for its own memory of deaths.
 */
export class RestartPolicy {
  readonly #settings: RestartSettings
  #deaths: number[] = []
  #withoutProgress = 0

  constructor(settings: RestartSettings) {
    this.#settings = settings
  }

  /**
   * A process died at `now`. Returns the milliseconds to wait before its replacement starts, or
   * `undefined` when the budget is spent.
   *
   * @param random in [0, 1); half of the wait is jitter, so that neighbours that died together do not return together
   * @param charged whether the death counts: one that is on a record's account does not, nor one of a lost connection
   */
  died(now: number, random: number, charged = true): number | undefined {
    const left = this.budgetLeft(now)
    if (charged ? left === 0 : this.#deaths.length > this.#settings.intensity) return undefined
    if (charged) this.#deaths.push(now)
    const deaths = this.#withoutProgress++
    if (deaths === 0) return 0
    const full = Math.min(this.#settings.maxBackoff, this.#settings.backoff * 2 ** (deaths - 1))
    return full / 2 + (full / 2) * random
  }

  /** The process did some of its work: the next death is a first one again. */
  progressed(): void {
    this.#withoutProgress = 0
  }

  /** A death of `at` was a record's fault after all, and does not count any more. */
  refund(at: number): void {
    const index = this.#deaths.indexOf(at)
    if (index >= 0) this.#deaths.splice(index, 1)
  }

  /** A record was given up that cost lives here: in all, that counts as one death. */
  charge(now: number): void {
    this.#deaths.push(now)
  }

  /** Restarts still allowed at `now`. */
  budgetLeft(now: number): number {
    this.#deaths = this.#deaths.filter((death) => death > now - this.#settings.period)
    return Math.max(0, this.#settings.intensity - this.#deaths.length)
  }
}
