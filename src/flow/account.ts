import { type Counters, noCounters } from '../model/counters.js'

/**
 * The account of a run: `read = delivered + dropped + deadLettered + returned + inFlight`.
 *
 * Everything but `inFlight` is counted where it happens; `inFlight` is what the sum leaves over,
 * so a record that is lost or counted twice shows as a run that cannot end, or ends short.
 */
export class Account {
  readonly counters: Counters = { ...noCounters }

  get settled(): number {
    const { delivered, dropped, deadLettered } = this.counters
    return delivered + dropped + deadLettered
  }

  get inFlight(): number {
    return this.counters.read - this.settled - this.counters.returned
  }

  /** Closes the account: what is still in flight goes back to the source (or, from a live one, is lost). */
  close(): Counters {
    this.counters.returned += this.inFlight
    return { ...this.counters }
  }
}
