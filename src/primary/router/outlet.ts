import type { Amount } from '../../model/amount.js'
import type { Batch } from '../../model/batch.js'
import { spansOfPairs } from '../../model/pairs.js'
import type { Span } from '../../model/span.js'
import type { Queue } from '../../queue/contract.js'
import type { InputOrder } from './input-order.js'
import { isReplay } from './replays.js'
import type { Room } from './room.js'
import { type Settled, Settlements } from './settlements.js'

export interface OutletParts {
  readonly queue: Queue
  readonly room: Room
  /** Present when results leave in input order. */
  readonly inputOrder: InputOrder<Results> | undefined
}

/** A batch of results, and the records that were worked off with them, as ordered pairs of places. */
export interface Results {
  readonly batch: Batch
  readonly done: readonly number[]
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

  /** Records are worked off, as ordered pairs of places, with these results or none. */
  done(pairs: readonly number[], batch: Batch | undefined): void {
    const { inputOrder, room } = this.#parts
    const results = batch && { batch, done: pairs }
    if (!inputOrder || isReplay(pairs[0] ?? 0)) {
      if (results) this.#enqueue(results)
      return
    }
    if (results) room.hold(sizeOf(results))
    const [first, ...others] = [...spansOfPairs(pairs)]
    if (first) this.#release(inputOrder.done(first, results))
    for (const span of others) this.#release(inputOrder.done(span))
  }

  /** Results that did not come from a worker: their sink had rejected them, and gets them again. */
  again(batch: Batch): void {
    const { from } = batch.origins!
    this.#enqueue({ batch, done: [from, from + batch.width] })
  }

  /** There will be no results of these records. */
  passed(places: Span): void {
    const { inputOrder } = this.#parts
    if (inputOrder && !isReplay(places.from)) this.#release(inputOrder.done(places))
  }

  /** These results can no longer be lost; returns the records that this settles. */
  secured(results: Span): Settled {
    return this.#settlements.secured(results)
  }

  #release(released: readonly Results[]): void {
    for (const results of released) {
      this.#parts.room.letGo(sizeOf(results))
      this.#enqueue(results)
    }
  }

  #enqueue({ batch, done }: Results): void {
    const from = this.#next
    this.#next += batch.width
    // Room is the authority on the bound here; it lets one record's results go beyond it.
    this.#parts.queue.offer(batch, from, true)
    this.#settlements.expect({ from, to: this.#next }, { origins: batch.origins!, done })
  }
}

const sizeOf = ({ batch }: Results): Amount => ({ records: batch.width, bytes: batch.payload.byteLength })
