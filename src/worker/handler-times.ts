import type { Window } from '../flow/window.js'
import type { Clock } from '../model/clock.js'
import { Histogram, type Increments, SECONDS } from '../model/histogram.js'
import type { ActiveCalls, Begun } from './active-calls.js'
import { SLOW_RECORD_MS, Slowest } from './slowest.js'

/** Records that come back at once share an observation until it is this many milliseconds long. */
const SHARED_MS = 0.2

/** Below so many milliseconds a record, looks at the clock would cost as much as what they tell. */
const FAST_MS = 0.05

/** Of asynchronous calls that are fast in that sense one in so many is timed, and stands for the others. */
const ONE_IN = 8

/**
 * How long the handler takes for a record. Calls that come back at once share the worker's looks at
 * the clock; those that leave a promise have a beginning and an end of their own.
 */
export class HandlerTimes {
  readonly slowest = new Slowest()
  readonly #clock: Clock
  readonly #window: Window
  readonly #calls: Pick<ActiveCalls, 'latest'>
  readonly #times = new Histogram(SECONDS)
  /** Since when nothing ran but the handler; undefined when that is not known. */
  #since: number | undefined
  /** Records that came back since then. */
  #records = 0
  /** Calls that began since one was timed. */
  #untimed = 0

  constructor(clock: Clock, window: Window, calls: Pick<ActiveCalls, 'latest'>) {
    this.#clock = clock
    this.#window = window
    this.#calls = calls
  }

  now(): number {
    return this.#clock.now()
  }

  /** From now on nothing runs but the handler. @param now undefined when nobody looked at the clock */
  begin(now: number | undefined): void {
    this.#since = now
  }

  /** Until now, so many records came back at once. */
  look(now: number, records: number): void {
    this.#records += records
    if (this.#since !== undefined && records > 0 && now - this.#since >= SLOW_RECORD_MS) {
      this.slowest.note(this.#calls.latest!, now - this.#since, records)
    }
    if (this.#since === undefined || this.#records === 0) this.#since = now
    else if (now - this.#since >= SHARED_MS) this.flush(now)
  }

  /** The same, however short it was: something else runs next. */
  flush(now: number): void {
    if (this.#since !== undefined && this.#records > 0) {
      this.#times.observe((now - this.#since) / 1000 / this.#records, this.#records)
      this.#records = 0
    }
    this.#since = now
  }

  /** How many calls the asynchronous one that begins now stands for, if it is to be timed; else 0. */
  sample(): number {
    this.#untimed++
    if (this.#window.perRecord < FAST_MS && this.#untimed < ONE_IN) return 0
    const weight = this.#untimed
    this.#untimed = 0
    return weight
  }

  /** A call for these records that began then has come back. */
  ended(since: number, weight: number, records: readonly Begun[]): void {
    const ms = this.#clock.now() - since
    this.#times.observe(ms / 1000, weight)
    if (ms >= SLOW_RECORD_MS) this.slowest.note(records.at(-1)!, ms, records.length)
  }

  /** What was observed since this was last asked. */
  take(): Increments | undefined {
    return this.#times.take()
  }
}
