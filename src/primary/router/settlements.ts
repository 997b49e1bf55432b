import { InvariantError } from '../../flow/invariant.js'
import type { Origins } from '../../model/batch.js'
import { Lane } from '../../model/lane.js'
import { placeOf, recordsBehind } from '../../model/origins.js'
import { clipPairs, lengthOfPairs, spansOfPairs } from '../../model/pairs.js'
import type { Span } from '../../model/span.js'

/** What the results of a batch are about. */
export interface Outcome {
  readonly origins: Origins
  /** The records that were worked off together with those, as ordered pairs of places: also those that have no result. */
  readonly done: readonly number[]
}

/** Records that are settled. */
export interface Settled {
  readonly places: readonly Span[]
  /** How many of them have no result. */
  readonly dropped: number
}

interface Awaited extends Outcome {
  /** Places of the results in the out-queue. */
  readonly from: number
  readonly to: number
  left: number
}

/**
 * Which records are settled when which results are: the thread from the out-queue back to the
 * in-queue. One entry a batch of results, from the report that brought it until all is secured.
 *
 * A record without a result is settled with the one before it, so that what is settled has no gap
 * for each result that is still on its way:
 *
 * ```
 *   records   │ · · R · · · R R · │      R has a result, · has none
 *   settles   │ └────1────┘ 2 └3┘ │      with result 1, 2, 3
 * ```
 */
export class Settlements {
  /** In the order of their places. */
  readonly #awaited = new Lane<Awaited>()

  /** The results at `places` of the out-queue come of this. */
  expect(places: Span, outcome: Outcome): void {
    const { from, to } = places
    expectInOrder(outcome)
    this.#awaited.push({ ...outcome, from, to, left: to - from })
  }

  /** The results at `places` are secured, and so all of their records. */
  secured(places: Span): Settled {
    const settled: Span[] = []
    let dropped = 0
    for (let at = this.#firstEndingAfter(places.from); at < this.#awaited.length; ) {
      const awaited = this.#awaited.at(at)!
      if (awaited.from >= places.to) break
      const begin = Math.max(places.from, awaited.from) - awaited.from
      const end = Math.min(places.to, awaited.to) - awaited.from
      const pairs = recordsOf(awaited, begin, end)
      settled.push(...spansOfPairs(pairs))
      dropped += lengthOfPairs(pairs) - recordsBehind(awaited.origins, begin, end)
      awaited.left -= end - begin
      if (awaited.left === 0) this.#awaited.replace(at, at + 1, [])
      else at++
    }
    return { places: settled, dropped }
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

function expectInOrder({ origins: { deltas }, done }: Outcome): void {
  for (let i = 1; i < done.length; i++) {
    if (done[i]! < done[i - 1]!) throw new InvariantError('records were worked off, and are not in order')
  }
  if (!deltas) return
  for (let i = 1; i < deltas.length; i++) {
    if (deltas[i]! < deltas[i - 1]!) throw new InvariantError('results are not in the order of their records')
  }
}
