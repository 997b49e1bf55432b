import type { Holding } from '../../flow/ledger.js'
import { type RetryPolicy, retryDelay, Shelf } from '../../flow/retry.js'
import type { Failure } from '../../link/messages.js'
import type { Piece } from '../../model/batch.js'
import type { Clock } from '../../model/clock.js'

/** A record of its own that waits for its next attempt. */
export interface Waiting {
  readonly piece: Piece
  readonly attempt: number
}

export interface RetriesParts {
  readonly policy: RetryPolicy
  readonly clock: Clock
  /** A copy of one record, so that the batch it came in can go. */
  extract(piece: Piece): Piece
  /** The record has had its attempts. */
  giveUp(piece: Piece, attempts: number, failure: Failure): void
  retried(piece: Piece, failure: Failure, attempt: number, delay: number): void
  /** Something became due. */
  wake(): void
}

/**
 * Records whose attempt failed: they wait here, outside of the queue and of any worker's hand,
 * until they are due, or are given up.
 */
export class Retries {
  readonly #parts: RetriesParts
  readonly #shelf = new Shelf<Waiting>()
  #cancelTimer: (() => void) | undefined
  #timerDue = Number.POSITIVE_INFINITY

  constructor(parts: RetriesParts) {
    this.#parts = parts
  }

  get waiting(): number {
    return this.#shelf.size
  }

  /** When the next record is due; undefined when none waits. */
  get nextDue(): number | undefined {
    return this.#shelf.nextDue
  }

  /** The records that wait, at most `limit` of them, the next first. */
  next(limit: number): readonly (Waiting & { readonly due: number })[] {
    return this.#shelf.first(limit).map(({ item, due }) => ({ ...item, due }))
  }

  /** An attempt at this record failed. */
  failed({ piece, attempt }: Holding, failure: Failure): void {
    const { policy, clock } = this.#parts
    const delay = failure.final ? undefined : retryDelay(policy, attempt, Math.random())
    if (delay === undefined) {
      this.#parts.giveUp(piece, attempt, failure)
      return
    }
    this.#parts.retried(piece, failure, attempt, delay)
    const alone = attempt === 1 ? this.#parts.extract(piece) : piece
    this.#put({ piece: alone, attempt: attempt + 1 }, clock.now() + delay)
  }

  /** An attempt that never came to its end, because its worker did: the same again, at once. */
  again(piece: Piece, attempt: number): void {
    this.#put({ piece, attempt }, this.#parts.clock.now())
  }

  takeDue(): Waiting | undefined {
    const now = this.#parts.clock.now()
    const due = this.#shelf.takeDue(now)
    // By the same clock reading: what becomes due between two of them would be neither taken nor waited for.
    this.#wakeAt(this.#shelf.nextDue, now)
    return due
  }

  /** Forgets everything that waits: the pipeline stops. */
  clear(): void {
    this.#cancelTimer?.()
    this.#shelf.takeAll()
  }

  #put(waiting: Waiting, due: number): void {
    this.#shelf.put(waiting, due)
    const { clock, wake } = this.#parts
    const now = clock.now()
    if (due <= now) wake()
    else this.#wakeAt(due, now)
  }

  /**
   * Wakes at that time, unless it wakes before. What is due already needs no timer: it is taken as
   * soon as somebody has credit for it, and the timer is set for the next one then.
   */
  #wakeAt(due: number | undefined, now: number): void {
    const { clock, wake } = this.#parts
    if (due === undefined || due <= now || due >= this.#timerDue) return
    this.#cancelTimer?.()
    this.#timerDue = due
    this.#cancelTimer = clock.after(due - now, () => {
      this.#timerDue = Number.POSITIVE_INFINITY
      wake()
    })
  }
}
