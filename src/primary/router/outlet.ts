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
  readonly inputOrder: InputOrder | undefined
  /** Nothing that came of these records can be lost any more. */
  settled(places: readonly Span[]): void
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

  /** Records are worked off, with these results or none. */
  done(pairs: readonly number[], results: Batch | undefined): void {
    const { inputOrder, room } = this.#parts
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
  again(results: Batch): void {
    this.#enqueue(results)
  }

  /** There will be no results of these records. */
  passed(places: Span): void {
    const { inputOrder } = this.#parts
    if (inputOrder && !isReplay(places.from)) this.#release(inputOrder.done(places))
  }

  /** These results can no longer be lost, and so the records they came from. */
  secured(results: Span): void {
    this.#parts.settled(this.#settlements.secured(results))
  }

  #release(batches: readonly Batch[]): void {
    for (const batch of batches) {
      this.#parts.room.letGo(sizeOf(batch))
      this.#enqueue(batch)
    }
  }

  #enqueue(batch: Batch): void {
    const from = this.#next
    this.#next += batch.width
    // Room is the authority on the bound here; it lets one record's results go beyond it.
    this.#parts.queue.offer(batch, from, true)
    this.#settlements.expect({ from, to: this.#next }, batch.origins!)
  }
}

const sizeOf = ({ width, payload }: Batch): Amount => ({ records: width, bytes: payload.byteLength })
