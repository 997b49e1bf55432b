import type { Clock } from '../model/clock.js'
import { pairsOf } from '../model/pairs.js'
import type { ActiveCalls, Call } from './active-calls.js'
import { CallSignal } from './call-signal.js'

export interface TimeoutPorts {
  readonly clock: Clock
  /** The process' own signal: what aborts with it. */
  readonly signal: AbortSignal
  /** These records, as pairs of places, have taken too long, and were told to abort. Once for each. */
  overdue(places: readonly number[]): void
}

/**
 * Tells calls that take longer than `timeout` to abort, and the primary that they were told: it
 * kills the process a second later, unless they come back.
 *
 * Only pending promises can be timed from in here; a handler that blocks the event loop is for the
 * primary to notice. One timer runs, for the oldest call, however many there are; when it fires for
 * a call that has come back, it is set for the oldest of that moment.
 */
export class Timeouts {
  readonly #ms: number
  readonly #calls: ActiveCalls
  readonly #ports: TimeoutPorts
  #armed = false

  constructor(ms: number, calls: ActiveCalls, ports: TimeoutPorts) {
    this.#ms = ms
    this.#calls = calls
    this.#ports = ports
    ports.signal.addEventListener('abort', () => {
      for (const { signal } of this.#calls) signal?.stop()
    })
  }

  now(): number {
    return this.#ports.clock.now()
  }

  /** The signal of a call that is about to begin. */
  signal(): CallSignal {
    return new CallSignal(this.#ports.signal)
  }

  /** A call that began at `since` is pending. */
  watch({ since }: Call): void {
    if (!this.#armed) this.#arm(since + this.#ms - this.now())
  }

  #arm(ms: number): void {
    this.#armed = true
    this.#ports.clock.after(ms, () => {
      this.#armed = false
      this.#look()
    })
  }

  #look(): void {
    const latest = this.now() - this.#ms
    let oldest = Number.POSITIVE_INFINITY
    const places: number[] = []
    for (const { signal, since, records } of this.#calls) {
      if (!signal || signal.overdue) continue
      if (since > latest) {
        oldest = Math.min(oldest, since)
        continue
      }
      signal.timeOut(tookLongerThan(this.#ms))
      for (const { lend, index } of records) places.push(lend.from + index)
    }
    if (oldest < Number.POSITIVE_INFINITY) this.#arm(oldest - latest)
    if (places.length > 0) this.#ports.overdue(pairsOf(places))
  }
}

/** As `AbortSignal.timeout` has it, so that whoever tells its errors apart by name finds the same one. */
const tookLongerThan = (ms: number) =>
  new DOMException(`took longer than ${ms < 1000 ? `${ms} ms` : `${ms / 1000} s`}`, 'TimeoutError')
