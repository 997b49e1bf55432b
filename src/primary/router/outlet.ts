import type { Amount } from '../../model/amount.js'
import type { Batch } from '../../model/batch.js'
import { spansOfPairs } from '../../model/pairs.js'
import type { Span } from '../../model/span.js'
import type { Queue } from '../../queue/contract.js'
import type { InputOrder } from './input-order.js'
import { isReplay } from './replays.js'
import type { Room } from './room.js'
import { Settlements } from './settlements.js'

export interface OutletParts {
  readonly queue: Queue
  readonly room: Room
  /** Present when results leave in input order. */
  readonly inputOrder: InputOrder<WorkedOff> | undefined
}

/** A batch of results, and the records that were worked off with them, as ordered pairs of places. */
export interface WorkedOff {
  readonly batch: Batch
  readonly done: readonly number[]
  /** How many of them have no result. */
  readonly dropped: number
}

/**
 * The workers' end of the out-queue: puts their results into it, at once or in input order, and
 * knows which records they came from.
 */
export class Outlet {
  readonly #parts: OutletParts
  readonly #settlements = new Settlements()
  /** Place of the next result. */
  #next = 0

  constructor(parts: OutletParts) {
    this.#parts = parts
  }

  /**
   * Records are worked off, as ordered pairs of places, with these results or none; so many of them
   * have no result. Returns the records that are settled without waiting for any result, of these or
   * of others that were held back.
   */
  done(pairs: readonly number[], dropped: number, batch: Batch | undefined): Span[] {
    const { inputOrder, room } = this.#parts
    const results = batch && { batch, done: pairs, dropped }
    if (!inputOrder || isReplay(pairs[0] ?? 0)) return results ? this.#enqueue(results) : spansIn(pairs)
    if (results) room.hold(sizeOf(results))
    const [first, ...others] = spansIn(pairs)
    const settled = results ? [] : spansIn(pairs)
    if (first) settled.push(...this.#release(inputOrder.done(first, results)))
    for (const span of others) settled.push(...this.#release(inputOrder.done(span)))
    return settled
  }

  /** Results that did not come from a worker: their sink had rejected them, and gets them again. */
  again(batch: Batch): void {
    const { from } = batch.origins!
    this.#enqueue({ batch, done: [from, from + batch.width], dropped: 0 })
  }

  /** There will be no results of these records. Returns the records that are settled without waiting for any. */
  passed(places: Span): Span[] {
    const { inputOrder } = this.#parts
    return inputOrder && !isReplay(places.from) ? this.#release(inputOrder.done(places)) : []
  }

  /** Records without a result that are settled only with one beside them. */
  get dropped(): number {
    return this.#settlements.dropped
  }

  /** These results can no longer be lost; returns the records that this settles. */
  secured(results: Span): Span[] {
    return this.#settlements.secured(results)
  }

  #release(released: readonly WorkedOff[]): Span[] {
    return released.flatMap((results) => {
      this.#parts.room.letGo(sizeOf(results))
      return this.#enqueue(results)
    })
  }

  #enqueue({ batch, done, dropped }: WorkedOff): Span[] {
    const from = this.#next
    this.#next += batch.width
    // Room is the authority on the bound here; it lets one record's results go beyond it.
    this.#parts.queue.offer(batch, from, true)
    return this.#settlements.expect({ from, to: this.#next }, { origins: batch.origins!, done, dropped })
  }
}

const spansIn = (pairs: readonly number[]): Span[] => [...spansOfPairs(pairs)]

const sizeOf = ({ batch }: WorkedOff): Amount => ({ records: batch.width, bytes: batch.payload.byteLength })
