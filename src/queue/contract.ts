import type { Amount } from '../model/amount.js'
import type { Batch, Piece } from '../model/batch.js'
import type { Span } from '../model/span.js'

/**
 * The seam between transports: one of the two bounded buffers of a pipeline.
 *
 * ```
 *   offer ───→ waiting ──take──→ taken ──decide──→ decided ──settle──→ gone
 *                 ↑                │
 *                 └──giveBack──────┘
 * ```
 *
 * The producer offers batches within the room there is. The consumer takes pieces within its
 * credit, and says what became of each: *decided*, it will not be given back, so its bytes can
 * go; *settled*, nothing that came of it can be lost any more.
 *
 * Places are numbered by the producer, upwards and with gaps if it likes; pieces carry the same
 * numbers. Everything is called from one process and returns at once; what takes time is told later.
 */
export interface Queue {
  readonly capacity: Amount

  /** What may be offered now; offering more throws. A batch beyond the whole capacity fits an empty queue. */
  readonly room: Amount

  /** Waiting and taken, as far as this side knows. */
  readonly size: Amount

  /** Records that `take` could hand out now. */
  readonly waiting: number

  /** The piece that `take` would begin with; undefined when none waits. */
  readonly next: Piece | undefined

  /** Whether nothing that was offered is left unsettled. */
  readonly empty: boolean

  /**
   * Appends a batch, whose first place is `from`: beyond every place that was offered before.
   *
   * @param overdraft lets it in whatever the room: the results of one record that are more than
   *   the room ever gets. Whoever uses it sees to it that this happens once at a time.
   */
  offer(batch: Batch, from: number, overdraft?: boolean): void

  /** Bytes of the largest payload that one batch may have, where the transport has a limit of its own. */
  readonly largestBatch?: number

  /**
   * Takes at most `limit` from the head; the results of one record are never taken apart.
   *
   * @param before places from here on are left where they are
   */
  take(limit: Amount, before?: number): Piece | undefined

  /** Puts a taken piece back at its old place. */
  giveBack(piece: Piece): void

  /**
   * The piece leaves the bound but is not done: it waits for a retry, kept by the caller.
   * It is settled later, and never given back.
   */
  setAside(piece: Piece): void

  /** The piece is worked off. It leaves the bound; its payload is no longer needed. */
  decide(piece: Piece): void

  /** What came of these places can no longer be lost. They were decided, or set aside, before. */
  settle(places: Span): void

  /** Hands what is unsettled back to where it came from and lets go of connections. */
  close(): Promise<void>
}

/** What a queue tells its owner, never within one of its own calls. */
export interface QueueListener {
  /** Something can be taken that could not before. */
  readable(): void
  /** Something can be offered that could not before, or the queue has become empty without a call. */
  writable(): void
  /** The queue is out of order for now (`reason`), or works again (`undefined`). */
  blocked(reason: string | undefined): void
  /** The queue is beyond repair. */
  failed(error: Error): void
}

/** Opens a queue; the transport is chosen by who passes this in. */
export type OpenQueue = (which: 'in' | 'out', capacity: Amount, listener: QueueListener) => Promise<Queue>
