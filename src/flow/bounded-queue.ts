import { type Amount, fits, minus, nothing, plus } from '../model/amount.js'
import { amountOf, type Batch, cut, type Piece } from '../model/batch.js'
import { cutBefore, cutToLimit } from '../model/cut.js'
import { InvariantError } from './invariant.js'

/**
 * The buffer between two roles: pieces of batches in order, bounded in records and bytes.
 *
 * ```
 *            offer                take                  release
 *   credit ────────→  waiting  ────────→  taken (lent)  ────────→  gone
 *                        ↑   giveBack   │
 *                        └──────────────┘
 * ```
 *
 * What is taken still counts against the capacity until it is released, because its bytes are
 * still in memory: its holder may die, and then it comes back, at its old place.
 */
export class BoundedQueue {
  readonly capacity: Amount
  readonly #waiting: Piece[] = []
  #head = 0
  #size: Amount = nothing
  #waitingRecords = 0
  /** One beyond the last place that was offered. */
  #next = 0

  constructor(capacity: Amount) {
    this.capacity = capacity
  }

  /** Waiting and taken together. */
  get size(): Amount {
    return this.#size
  }

  /** Records that wait for somebody to take them. */
  get waiting(): number {
    return this.#waitingRecords
  }

  /** The piece at the head of those that wait. */
  get next(): Piece | undefined {
    return this.#waiting[this.#head]
  }

  /** What may still be offered. A record larger than the whole bound is let into an empty queue. */
  get room(): Amount {
    return {
      records: Math.max(0, this.capacity.records - this.#size.records),
      bytes: Math.max(0, this.capacity.bytes - this.#size.bytes),
    }
  }

  /**
   * Appends a batch, whose first place is `from`. Throws when it is beyond the room there is (its
   * sender had no credit for it), unless the caller knows and says `overdraft`.
   */
  offer(batch: Batch, from: number, overdraft = false): void {
    if (from < this.#next) throw new InvariantError(`place ${from} was offered after ${this.#next - 1}`)
    const piece: Piece = { batch, from, to: from + batch.width, skip: 0 }
    const amount = amountOf(piece)
    if (!overdraft && !this.admits(amount)) {
      throw new InvariantError(
        `a batch of ${amount.records} records, ${amount.bytes} bytes was offered, the room is ${this.room.records} records, ${this.room.bytes} bytes`,
      )
    }
    this.#next = piece.to
    this.#size = plus(this.#size, amount)
    this.#waitingRecords += amount.records
    this.#waiting.push(piece)
  }

  /** Whether so much may be offered now. */
  admits(amount: Amount): boolean {
    return fits(amount, this.room) || this.#size.records === 0
  }

  /**
   * Takes a piece from the head: at least one record, at most `limit`, except that the results of
   * one record are never taken apart.
   *
   * @param before places from here on stay, and what cannot be cut there stays with them
   */
  take(limit: Amount, before = Number.POSITIVE_INFINITY): Piece | undefined {
    const first = this.#waiting[this.#head]
    if (!first || limit.records < 1 || limit.bytes <= 0) return undefined
    const allowed = cutBefore(first, before)
    if (!allowed) return undefined
    const taken = cutToLimit(allowed, limit)
    if (taken.to === first.to) this.#dropHead()
    else this.#waiting[this.#head] = cut(first, taken.to, first.to)
    this.#waitingRecords -= amountOf(taken).records
    return taken
  }

  /** Returns a taken piece to its old place among the waiting. */
  giveBack(piece: Piece): void {
    let at = this.#head
    while (at < this.#waiting.length && this.#waiting[at]!.from < piece.from) at++
    if (at === this.#head && this.#head > 0) this.#waiting[--this.#head] = piece
    else this.#waiting.splice(at, 0, piece)
    this.#waitingRecords += amountOf(piece).records
  }

  /** Forgets a taken piece: it no longer counts, and its memory can go. */
  release(piece: Piece): void {
    this.#size = minus(this.#size, amountOf(piece))
    if (this.#size.records < 0 || this.#size.bytes < 0) {
      throw new InvariantError(`places ${piece.from} to ${piece.to} were released twice`)
    }
  }

  #dropHead(): void {
    this.#waiting[this.#head++] = undefined as never
    if (this.#head > 512 && this.#head * 2 > this.#waiting.length) {
      this.#waiting.splice(0, this.#head)
      this.#head = 0
    }
  }
}
