import type { Amount } from './amount.js'
import type { Payload } from './payload.js'
import type { Span } from './span.js'

/**
 * A run of consecutive records (or results), encoded once, moved as one piece.
 *
 * The primary never looks into `payload`; only `codec/` does, in the children.
 */
export interface Batch {
  /** How many places the batch takes in its queue: its count, or the bytes of an unread range. */
  readonly width: number
  /** Records in it; absent for a byte range that nobody has read yet. */
  readonly count?: number
  readonly payload: Payload
  /** Bytes of its records, where the payload only says where they are. */
  readonly bytes?: number
  /**
   * When its records were read, in milliseconds on the primary's clock; of results, when the oldest
   * record behind them was. Absent where that is not known.
   */
  readonly readAt?: number
  /** Of a batch of results: the records that they come from. */
  readonly origins?: Origins
}

/**
 * Which record of the in-queue each result of a batch comes from.
 *
 * Result `i` belongs to the record at place `from + deltas[i]`; without `deltas`, to `from + i`.
 * Results stand in the order of their records.
 */
export interface Origins {
  readonly from: number
  readonly deltas?: Uint32Array
}

/** A part of a batch, lent or queued: places `[from, to)`, the first `skip` places of the batch left out. */
export interface Piece extends Span {
  readonly batch: Batch
  readonly skip: number
}

/** Number of records in a piece; a piece of a byte range does not know. */
export function countOf(piece: Piece): number | undefined {
  return piece.batch.count === undefined ? undefined : piece.to - piece.from
}

/**
 * The bytes of the batch that this piece accounts for: its proportional share, rounded so that the
 * pieces of a batch, however it is cut, add up to exactly its size.
 */
export function bytesOf(piece: Piece): number {
  const { width, payload, bytes = payload.byteLength } = piece.batch
  const share = (places: number) => Math.floor((places * bytes) / width)
  return share(piece.skip + piece.to - piece.from) - share(piece.skip)
}

/** What a piece counts for in bounds and credits: a byte range that nobody has read counts as one record. */
export function amountOf(piece: Piece): Amount {
  return { records: countOf(piece) ?? 1, bytes: bytesOf(piece) }
}

/** The part `[from, to)` of a piece. */
export function cut(piece: Piece, from: number, to: number): Piece {
  return { batch: piece.batch, from, to, skip: piece.skip + from - piece.from }
}
