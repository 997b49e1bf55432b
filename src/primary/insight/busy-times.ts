import { Recent } from '../../flow/recent.js'
import type { Clock } from '../../model/clock.js'

/** How far back a share looks. */
const WINDOW_MS = 10_000

interface Times {
  /** Milliseconds at work, as far as it has said. */
  busy: number
  heardAt: number
  readonly recent: Recent<'busy'>
}

/** How much of its time each process was at work of late. Of a new one nothing counts that its predecessor did. */
export class BusyTimes {
  readonly #clock: Clock
  readonly #times = new Map<string, Times>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A process is ready: its time counts from here on. */
  ready(key: string): void {
    const now = this.#clock.now()
    this.#times.set(key, { busy: 0, heardAt: now, recent: new Recent(WINDOW_MS, now, { busy: 0 }) })
  }

  /** It says what it did since it last said. */
  did(key: string, busy: number): void {
    const times = this.#times.get(key)
    if (!times) return
    times.busy += busy
    times.heardAt = this.#clock.now()
    times.recent.note(times.heardAt, { busy: times.busy })
  }

  gone(key: string): void {
    this.#times.delete(key)
  }

  /** When it last said what it did, or became ready. */
  heardAt(key: string): number {
    return this.#times.get(key)?.heardAt ?? this.#clock.now()
  }

  /**
   * Share of the last 10 s, or of the time since it was ready, 0 to 1.
   *
   * @param unsaid milliseconds that it has been at work since it last said
   */
  shareOf(key: string, unsaid: number): number {
    const times = this.#times.get(key)
    if (!times) return 0
    const { ms, of } = times.recent.growth(this.#clock.now(), { busy: times.busy + unsaid })
    return ms > 0 ? Math.round(Math.min(1, of.busy / ms) * 1000) / 1000 : 0
  }
}
