import { InvariantError } from '../../flow/invariant.js'
import type { Origins } from '../../model/batch.js'
import { Lane } from '../../model/lane.js'
import { placeOf, recordsBehind } from '../../model/origins.js'
import { clipPairs, commonPairs, lengthOfPairs, spansOfPairs } from '../../model/pairs.js'
import type { Span } from '../../model/span.js'

/** How far from a result a record without one may be to be settled with it. */
export const NEARBY = 32

/** What is behind a batch of results: the records it comes of, and all that were worked off with them. */
export interface Behind {
  readonly origins: Origins
  /** Ordered pairs of places: also of records that have no result. */
  readonly done: readonly number[]
  /** How many of them have none. */
  readonly dropped: number
}

interface Awaited extends Behind {
  /** Places of the results in the out-queue. */
  readonly from: number
  readonly to: number
  left: number
}

/**
 * Which records are settled when which results are: the thread from the out-queue back to the
 * in-queue. One entry a batch of results, from the report that brought it until all is secured.
 *
 * A record without a result could be settled at once. But then what is settled would have a gap for
 * each result that is still on its way, and these gaps cost more than all the rest. So it is settled
 * with the result before it, unless that is far away:
 *
 * ```
 *   records   │ · · R · · · R R · · · · · · │      R has a result, · has none
 *   settles   │ └────1────┘ 2 └─3─┘└at once─┘      with result 1, 2, 3
 * ```
 */
export class Settlements {
  /** In the order of their places. */
  readonly #awaited = new Lane<Awaited>()
  #dropped = 0

  /** Records without a result that wait for one beside them. */
  get dropped(): number {
    return this.#dropped
  }

  /** The results at `places` of the out-queue come of this; returns the records that need not wait for them. */
  expect({ from, to }: Span, { origins, done, dropped }: Behind): Span[] {
    expectInOrder(origins, done)
    const left = to - from
    const near = dropped === 0 ? done : commonPairs(done, nearby(origins, left))
    const far = lengthOfPairs(done) - lengthOfPairs(near)
    this.#awaited.push({ origins, done: near, dropped: dropped - far, from, to, left })
    this.#dropped += dropped - far
    return far === 0 ? [] : [...spansOfPairs(commonPairs(done, farAway(origins, left)))]
  }

  /** The results at `places` are secured; returns the records that this settles. */
  secured(places: Span): Span[] {
    const settled: Span[] = []
    for (let at = this.#firstEndingAfter(places.from); at < this.#awaited.length; ) {
      const awaited = this.#awaited.at(at)!
      if (awaited.from >= places.to) break
      const begin = Math.max(places.from, awaited.from) - awaited.from
      const end = Math.min(places.to, awaited.to) - awaited.from
      const pairs = recordsOf(awaited, begin, end)
      settled.push(...spansOfPairs(pairs))
      this.#dropped -= droppedOf(awaited, pairs, begin, end)
      awaited.left -= end - begin
      if (awaited.left === 0) this.#awaited.replace(at, at + 1, [])
      else at++
    }
    return settled
  }

  #firstEndingAfter(place: number): number {
    let low = 0
    let high = this.#awaited.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#awaited.at(middle)!.to > place) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** The records that are settled with the results `[begin, end)` of a batch, as pairs. */
function recordsOf({ origins, done, from, to }: Awaited, begin: number, end: number): number[] {
  const first = begin === 0 ? Number.NEGATIVE_INFINITY : placeOf(origins, begin)
  const behind = end === to - from ? Number.POSITIVE_INFINITY : placeOf(origins, end)
  return clipPairs(done, first, behind)
}

/** How many of these records, which are settled with the results `[begin, end)`, have none. */
function droppedOf(awaited: Awaited, pairs: readonly number[], begin: number, end: number): number {
  const { origins, dropped, from, to } = awaited
  if (dropped === 0 || end - begin === to - from) return dropped
  return lengthOfPairs(pairs) - recordsBehind(origins, begin, end)
}

/** The places near any of the results, as pairs. */
function nearby(origins: Origins, results: number): number[] {
  const pairs = [placeOf(origins, 0) - NEARBY]
  for (let i = 1; origins.deltas && i < results; i++) {
    const [before, place] = [placeOf(origins, i - 1), placeOf(origins, i)]
    if (place - before > NEARBY) pairs.push(before + NEARBY, place)
  }
  pairs.push(placeOf(origins, results - 1) + NEARBY)
  return pairs
}

/** All the others. */
const farAway = (origins: Origins, results: number): number[] => [
  Number.NEGATIVE_INFINITY,
  ...nearby(origins, results),
  Number.POSITIVE_INFINITY,
]

function expectInOrder({ deltas }: Origins, done: readonly number[]): void {
  for (let i = 1; i < done.length; i++) {
    if (done[i]! < done[i - 1]!) throw new InvariantError('records were worked off, and are not in order')
  }
  if (!deltas) return
  for (let i = 1; i < deltas.length; i++) {
    if (deltas[i]! < deltas[i - 1]!) throw new InvariantError('results are not in the order of their records')
  }
}
