import { LineRun } from '../codec/lines.js'
import type { Records } from '../model/record.js'
import type { Result } from '../model/sink.js'
import { LentResult } from './lent-result.js'

/** Results that were lent together, decoded, or as the lines that they are; those before `next` are delivered. */
interface Piece {
  readonly content: Records | LineRun
  /** The place of the first of them in the out-queue, delivered or not. */
  readonly from: number
  next: number
  readonly end: number
}

/** Results that are delivered together. */
export type Delivery = ResultDelivery | LineDelivery

interface Placed {
  /** How many there are. */
  readonly count: number
  /** Where they stand in the out-queue: pairs of places. */
  readonly places: readonly number[]
}

export interface ResultDelivery extends Placed {
  readonly results: readonly Result[]
}

export interface LineDelivery extends Placed {
  /** Whole lines, a run from each piece. */
  readonly lines: readonly Uint8Array[]
}

/**
 * Results in the sender's hand: a queue of lent pieces, taken from the front.
 *
 * A piece never cuts the results of one record apart, so where one ends, and nowhere else for sure,
 * what was delivered is whole records.
 */
export class Inbox {
  readonly #pieces: Piece[] = []
  #size = 0
  #atBorder = true

  get size(): number {
    return this.#size
  }

  /** Whether what was dropped so far ends where a piece does. */
  get atBorder(): boolean {
    return this.#atBorder
  }

  /** Results that are left of the piece which the next one belongs to. */
  get leftOfPiece(): number {
    const first = this.#pieces[0]
    return first ? first.end - first.next : 0
  }

  /** Takes in the results `[skip, skip + count)`; the first of them has the place `from`. */
  add(content: Records | LineRun, from: number, skip: number, count: number): void {
    this.#pieces.push({ content, from: from - skip, next: skip, end: skip + count })
    this.#size += count
  }

  /** The next results, at most `limit`, all of them values or all lines; they stay until {@link drop}. */
  peek(limit: number): Delivery {
    const areLines = this.#pieces[0]?.content instanceof LineRun
    const results = new Array<Result>(areLines ? 0 : Math.min(limit, this.#size))
    const lines: Uint8Array[] = []
    const places: number[] = []
    let count = 0
    for (const { content, from, next, end } of this.#pieces) {
      const to = Math.min(end, next + limit - count)
      if (to === next || content instanceof LineRun !== areLines) break
      if (content instanceof LineRun) {
        lines.push(content.bytesOf(next, to))
        count += to - next
      } else {
        for (let index = next; index < to; index++) results[count++] = new LentResult(content, index)
      }
      if (places.at(-1) === from + next) places[places.length - 1] = from + to
      else places.push(from + next, from + to)
    }
    if (areLines) return { lines, count, places }
    results.length = count
    return { results, count, places }
  }

  drop(count: number): void {
    let left = count
    this.#size -= count
    while (left > 0) {
      const first = this.#pieces[0]!
      const dropped = Math.min(left, first.end - first.next)
      first.next += dropped
      left -= dropped
      this.#atBorder = first.next === first.end
      if (this.#atBorder) this.#pieces.shift()
    }
  }
}
