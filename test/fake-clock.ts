import type { Clock } from '../src/model/clock.js'

/** A clock that stands still until somebody moves it. */
export class FakeClock implements Clock {
  #now = 0
  readonly #timers = new Set<{ readonly due: number; readonly action: () => void }>()

  now(): number {
    return this.#now
  }

  after(ms: number, action: () => void): () => void {
    const timer = { due: this.#now + ms, action }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** What has arrived in the time that passed is heard in {@link arrive}. */
  afterReading(action: () => void): void {
    this.arrive()
    action()
  }

  arrive: () => void = () => {}

  /** How many timers are running. */
  get timers(): number {
    return this.#timers.size
  }

  /** Lets time pass, and everything happen that is due in it, in order. */
  pass(ms: number): void {
    const end = this.#now + ms
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#timers.delete(next)
      this.#now = next.due
      next.action()
    }
    this.#now = end
  }

  #next(end: number) {
    let first: { readonly due: number; readonly action: () => void } | undefined
    for (const timer of this.#timers) {
      if (timer.due <= end && (!first || timer.due < first.due)) first = timer
    }
    return first
  }
}
