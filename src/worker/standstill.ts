import { TOO_LONG_MS } from '../flow/window.js'
import type { Clock } from '../model/clock.js'

export interface StandstillParts {
  readonly clock: Clock
  /** Whether there are records in hand that cannot begin before another comes back. */
  waits(): boolean
  /** They go to somebody else. */
  giveBack(): void
}

/**
 * Notices that nothing in hand begins because the handler does not come back, so that a record that
 * is stuck holds up nothing but itself: what waits behind it goes to whoever has time.
 *
 * From then until something begins again, what still arrives on older credit goes back at once.
 * One timer runs while anything waits, however many records begin meanwhile. A handler that blocks
 * the event loop blocks this as well; that is for the primary's `timeout`.
 */
export class Standstill {
  readonly #parts: StandstillParts
  /** Something has begun since the timer was set. */
  #moved = false
  #timing = false
  #still = false

  constructor(parts: StandstillParts) {
    this.#parts = parts
  }

  /** A record begins. */
  moved(): void {
    this.#moved = true
    this.#still = false
  }

  /** All that can begin has begun. */
  look(): void {
    if (!this.#parts.waits()) return
    if (this.#still) this.#parts.giveBack()
    else if (!this.#timing) this.#time()
  }

  #time(): void {
    this.#timing = true
    this.#moved = false
    this.#parts.clock.after(TOO_LONG_MS, () => {
      this.#timing = false
      this.#still = !this.#moved && this.#parts.waits()
      this.look()
    })
  }
}
