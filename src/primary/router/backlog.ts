import type { Holding } from '../../flow/ledger.js'
import type { Amount } from '../../model/amount.js'
import { cut, type Piece } from '../../model/batch.js'
import { cutToLimit } from '../../model/cut.js'
import { Lane } from '../../model/lane.js'
import type { Span } from '../../model/span.js'
import type { Queue } from '../../queue/contract.js'
import type { KeyOrder } from './key-order.js'
import { isReplay } from './replays.js'
import type { Retries } from './retries.js'
import type { Suspects } from './suspects.js'

/** Records to be lent. */
export interface Work {
  readonly piece: Piece
  readonly attempt: number
  /** They do not come from the queue, or have left it. */
  readonly aside: boolean
  /** One of them may have taken a worker along. */
  readonly careful: boolean
}

export interface BacklogParts {
  readonly inQueue: Queue
  readonly retries: Retries
  readonly suspects: Suspects
  /** Present when the records of a key are kept in order. */
  readonly keys: KeyOrder | undefined
  /** So many records wait outside of the queue that no new one should be begun. */
  full(): boolean
}

/**
 * Everything that could be lent, in the order in which it should be: retries that are due, records
 * whose key has come free, and the head of the in-queue.
 */
export class Backlog {
  readonly #parts: BacklogParts
  /** Pieces that hold their keys and wait only for somebody to take them. */
  readonly #ready = new Lane<Piece>()

  constructor(parts: BacklogParts) {
    this.#parts = parts
  }

  /**
   * The next records, at most `limit` of them.
   *
   * @param before new records from this place on are not to be begun yet
   */
  take(limit: Amount, before: number): Work | undefined {
    const { retries, suspects } = this.#parts
    const due = retries.takeDue()
    if (due) return { ...due, aside: true, careful: suspects.has(due.piece.from) }
    const ready = this.#takeReady(limit) ?? this.#takeNew(limit, before)
    return ready && { ...ready, attempt: 1, aside: false }
  }

  /** Records come back from a worker that died, or did not begin them. */
  giveBack({ piece, attempt, aside }: Holding): void {
    const { inQueue, retries } = this.#parts
    if (aside) retries.again(piece, attempt)
    else inQueue.giveBack(piece)
  }

  /** What became of these is decided. */
  over(piece: Piece): void {
    this.#parts.suspects.clear(piece)
    if (isReplay(piece.from)) return
    for (const freed of this.#parts.keys?.over(piece) ?? []) this.#ready.push(freed)
  }

  /** They came back alive, but will be tried again: no longer suspect, though their keys are not free. */
  survived(places: Span): void {
    this.#parts.suspects.clear(places)
  }

  #takeReady(limit: Amount): Pick<Work, 'piece' | 'careful'> | undefined {
    const first = this.#ready.at(0)
    if (!first || limit.records < 1 || limit.bytes <= 0) return undefined
    const next = this.#parts.suspects.firstOf(cutToLimit(first, limit))
    const { to } = next.piece
    this.#ready.replace(0, 1, to < first.to ? [cut(first, to, first.to)] : [])
    return next
  }

  #takeNew(limit: Amount, before: number): Pick<Work, 'piece' | 'careful'> | undefined {
    const { inQueue, suspects, keys, full } = this.#parts
    if (full()) return undefined
    for (;;) {
      const taken = inQueue.take(limit, before)
      if (!taken) return undefined
      const next = suspects.firstOf(taken)
      if (next.piece.to < taken.to) inQueue.giveBack(cut(taken, next.piece.to, taken.to))
      if (!keys) return next
      const [first, ...others] = keys.admit(next.piece)
      for (const piece of others) this.#ready.push(piece)
      if (first) return { ...next, piece: first }
    }
  }
}
