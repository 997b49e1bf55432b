import type { Window } from '../flow/window.js'
import type { Activity } from '../link/messages.js'
import type { Clock } from '../model/clock.js'
import type { ActiveCalls } from './active-calls.js'
import { HandlerTimes } from './handler-times.js'

/** A worker that has nothing at hand for no longer than this (milliseconds) has only not read yet what it was sent. */
const PAUSE_MS = 10

/** Times a worker's work: how long its records take, which sets its window, and how busy it is. */
export class Meter {
  readonly times: HandlerTimes
  readonly #clock: Clock
  readonly #window: Window
  /** Since when time has not been measured; undefined while there is nothing to do. */
  #since: number | undefined
  /** Since when there was always something to do, but for pauses that are none. */
  #busySince: number | undefined
  #restsSince = Number.NEGATIVE_INFINITY
  #handled = 0
  #busy = 0

  constructor(clock: Clock, window: Window, calls: Pick<ActiveCalls, 'latest'>) {
    this.#clock = clock
    this.#window = window
    this.times = new HandlerTimes(clock, window, calls)
  }

  /** There is something to do. */
  start(): void {
    const now = this.#since === undefined ? this.#clock.now() : undefined
    this.#since ??= now
    if (now !== undefined && now - this.#restsSince > PAUSE_MS) this.#busySince = now
    this.times.begin(now)
  }

  /** There is nothing to do until {@link start}. */
  rest(): void {
    this.#restsSince = this.#since ?? this.#restsSince
    this.#since = undefined
  }

  /** So many records came back at once; returns the milliseconds that have not been measured. */
  look(records: number): number {
    const now = this.#clock.now()
    this.times.look(now, records)
    return this.#since === undefined ? 0 : now - this.#since
  }

  /** What ran since the last look was not the handler. */
  skip(): void {
    this.times.begin(this.#clock.now())
  }

  /** All time that has not been measured went into so many records. */
  measure(records: number): void {
    const now = this.#clock.now()
    const busy = now - (this.#since ?? now)
    this.#window.measure(records, busy)
    this.#window.stretch(now - (this.#busySince ?? now))
    this.#handled += records
    this.#busy += busy
    this.#since = now
    this.times.flush(now)
  }

  /** What was measured since this was last asked. */
  take(): Activity {
    const times = this.times.take()
    const slowest = this.times.slowest.take()
    const activity = {
      ...{ handled: this.#handled, busy: this.#busy, window: this.#window.size },
      ...(times && { times }),
      ...(slowest && { slowest }),
    }
    this.#handled = 0
    this.#busy = 0
    return activity
  }
}
