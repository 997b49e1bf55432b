import type { Window } from '../flow/window.js'
import type { Activity } from '../link/messages.js'
import type { Clock } from '../model/clock.js'

/** Times a worker's work: how long its records take, which sets its window, and how busy it is. */
export class Meter {
  readonly #clock: Clock
  readonly #window: Window
  /** Since when time has not been measured; undefined while there is nothing to do. */
  #since: number | undefined
  #handled = 0
  #busy = 0

  constructor(clock: Clock, window: Window) {
    this.#clock = clock
    this.#window = window
  }

  /** There is something to do. */
  start(): void {
    this.#since ??= this.#clock.now()
  }

  /** There is nothing to do until {@link start}. */
  rest(): void {
    this.#since = undefined
  }

  /** Milliseconds that have not been measured. */
  get elapsed(): number {
    return this.#since === undefined ? 0 : this.#clock.now() - this.#since
  }

  /** All time that has not been measured went into so many records. */
  measure(records: number): void {
    const now = this.#clock.now()
    const busy = now - (this.#since ?? now)
    this.#window.measure(records, busy)
    this.#handled += records
    this.#busy += busy
    this.#since = now
  }

  /** What was measured since this was last asked. */
  take(): Activity {
    const activity = { handled: this.#handled, busy: this.#busy, window: this.#window.size }
    this.#handled = 0
    this.#busy = 0
    return activity
  }
}
