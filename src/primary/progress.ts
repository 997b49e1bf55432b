import type { Activity } from '../link/messages.js'
import type { Clock } from '../model/clock.js'
import type { ProcessId } from '../model/role.js'
import type { EventListener } from '../telemetry/events.js'
import type { Router } from './router/router.js'

/** Milliseconds to the first progress line, and the longest between two; each wait is twice the one before. */
const FIRST_LINE_MS = 1000
const LONGEST_WAIT_MS = 30_000

interface Done {
  handled: number
  busy: number
}

/** What has been done so far, and the lines in the log that say so: often at first, then ever more rarely. */
export class Progress {
  readonly #clock: Clock
  readonly #router: () => Router
  readonly #emit: EventListener
  readonly #done = new Map<ProcessId, Done>()
  #cancel: (() => void) | undefined
  #before = { settled: 0, at: 0 }

  constructor(clock: Clock, router: () => Router, emit: EventListener) {
    this.#clock = clock
    this.#router = router
    this.#emit = emit
  }

  begin(): void {
    this.#before = { settled: 0, at: this.#clock.now() }
    this.#sayIn(FIRST_LINE_MS)
  }

  end(): void {
    this.#cancel?.()
  }

  /** A process reports what it did since it last said. */
  did(process: ProcessId, { handled, busy }: Activity): void {
    const done = this.#done.get(process) ?? { handled: 0, busy: 0 }
    done.handled += handled
    done.busy += busy
    this.#done.set(process, done)
  }

  /** Records handled and milliseconds at work, since the pipeline started. */
  of(process: ProcessId): Readonly<Done> {
    return this.#done.get(process) ?? { handled: 0, busy: 0 }
  }

  /** A place is no more. */
  removed(process: ProcessId): void {
    this.#done.delete(process)
  }

  #sayIn(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => {
      const { account, intake } = this.#router()
      const now = this.#clock.now()
      const { settled } = account
      const perSecond = ((settled - this.#before.settled) * 1000) / (now - this.#before.at)
      this.#before = { settled, at: now }
      const fraction = intake.progress.fraction ?? null
      this.#emit({ type: 'progressed', read: account.counters.read, settled, perSecond, fraction })
      this.#sayIn(Math.min(LONGEST_WAIT_MS, ms * 2))
    })
  }
}
