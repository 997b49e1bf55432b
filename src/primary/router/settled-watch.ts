import type { Account } from '../../flow/account.js'
import { GiveUps } from '../../flow/give-ups.js'
import type { Clock } from '../../model/clock.js'

export interface SettledWatchParts {
  readonly account: Account
  readonly clock: Clock
  /** The share of the last records, 0 to 1, above which giving up is to be looked at by somebody. */
  readonly pauseAbove: number
  /** More is given up than that. */
  tooManyGivenUp(): void
}

/** Watches records being settled: when that last happened, and how many of them were given up. */
export class SettledWatch {
  readonly #parts: SettledWatchParts
  readonly #giveUps = new GiveUps()
  #last: number | undefined
  /** Since when something is in flight. */
  #inFlightSince: number | undefined
  #before = { settled: 0, deadLettered: 0 }

  constructor(parts: SettledWatchParts) {
    this.#parts = parts
  }

  /** When the last record was settled; on the clock of the parts. */
  get last(): number | undefined {
    return this.#last
  }

  /** Since when nothing was settled though there is something to settle; undefined when there is not. */
  get quietSince(): number | undefined {
    return this.#inFlightSince === undefined
      ? undefined
      : Math.max(this.#inFlightSince, this.#last ?? this.#inFlightSince)
  }

  /** Something may have been settled, or read. */
  look(): void {
    const { account, clock, pauseAbove, tooManyGivenUp } = this.#parts
    const { settled, inFlight, counters } = account
    const { deadLettered } = counters
    if (inFlight === 0) this.#inFlightSince = undefined
    else this.#inFlightSince ??= clock.now()
    if (settled === this.#before.settled) return
    this.#last = clock.now()
    const givenUp = deadLettered - this.#before.deadLettered
    this.#giveUps.settled(settled - this.#before.settled - givenUp)
    this.#giveUps.givenUp(givenUp)
    this.#before = { settled, deadLettered }
    if (givenUp > 0 && this.#giveUps.above(pauseAbove)) tooManyGivenUp()
  }

  /** What was given up until now was looked at. */
  reset(): void {
    this.#giveUps.reset()
  }
}
