import type { Amount } from '../model/amount.js'
import type { Batch, Piece } from '../model/batch.js'
import type { Span } from '../model/span.js'

/**
 * The seam between transports: one of the two bounded buffers of a pipeline.
 *
 * ```
 *   producer                          consumer
 *   offer ───→ waiting ──take──→ taken ──decide──→ decided ──settle──→ gone
 *     ↑           ↑                │
 *   secured       └──giveBack──────┘
 * ```
 *
 * The producer offers batches within the room there is, and hears through `secured` from when on
 * it need not be able to offer them again: a queue in memory secures what its consumer has
 * settled, a queue on a server what the server has stored. The consumer takes pieces within its
 * credit, and says what became of each: *decided*, it will not be given back, so its bytes can
 * go; *settled*, its effects are secured downstream.
 *
 * Places are numbered by the queue, once for its producer (`offer` returns them, `secured` names
 * them) and once for its consumer (pieces carry them); the two numberings may differ.
 * Everything is called from one process and returns at once; what takes time is told later.
 */
export interface Queue {
  readonly capacity: Amount

  /** What may be offered now; offering more throws. A batch beyond the whole capacity fits an empty queue. */
  readonly room: Amount

  /** Waiting and taken, as far as this side knows. */
  readonly size: Amount

  /** Records that `take` could hand out now. */
  readonly waiting: number

  /** Whether nothing that was offered is left unsettled. */
  readonly empty: boolean

  /**
   * Appends a batch and returns the producer's places for it.
   *
   * @param overdraft lets it in whatever the room: the results of one record that are more than
   *   the room ever gets. Whoever uses it sees to it that this happens once at a time.
   */
  offer(batch: Batch, overdraft?: boolean): Span

  /** Bytes of the largest payload that one batch may have, where the transport has a limit of its own. */
  readonly largestBatch?: number

  /** Takes at most `limit` from the head; the results of one record are never taken apart. */
  take(limit: Amount): Piece | undefined

  /** Puts a taken piece back at its old place. */
  giveBack(piece: Piece): void

  /**
   * The piece leaves the bound but is not done: it waits for a retry, kept by the caller.
   * It is settled later, and never given back.
   */
  setAside(piece: Piece): void

  /** The piece is worked off. It leaves the bound; its payload is no longer needed. */
  decide(piece: Piece): void

  /** What came of these places is secured. They were decided, or set aside, before. */
  settle(places: Span): void

  /** Hands what is unsettled back to where it came from and lets go of connections. */
  close(): Promise<void>
}

/** What a queue tells its owner. `secured` may be called while the owner settles; the rest are called outside of its own calls. */
export interface QueueListener {
  /** Something can be taken that could not before. */
  readable(): void
  /** Something can be offered that could not before, or the queue has become empty without a call. */
  writable(): void
  /** The producer's places `[from, to)` need never be offered again. */
  secured(places: Span): void
  /** The queue is out of order for now (`reason`), or works again (`undefined`). */
  blocked(reason: string | undefined): void
  /** The queue is beyond repair. */
  failed(error: Error): void
}

/** Opens a queue; the transport is chosen by who passes this in. */
export type OpenQueue = (which: 'in' | 'out', capacity: Amount, listener: QueueListener) => Promise<Queue>
