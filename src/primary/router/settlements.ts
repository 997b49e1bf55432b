import type { Origins } from '../../model/batch.js'
import { Lane } from '../../model/lane.js'
import { placesBehind } from '../../model/origins.js'
import type { Span } from '../../model/span.js'

interface Awaited {
  /** Places of the results in the out-queue. */
  readonly from: number
  readonly to: number
  readonly origins: Origins
  left: number
}

/**
 * Which records are settled when which results are: the thread from the out-queue back to the
 * in-queue. One entry a batch of results, from the report that brought it until all is secured.
 */
export class Settlements {
  /** In the order of their places. */
  readonly #awaited = new Lane<Awaited>()

  /** The results at `places` of the out-queue come from these records. */
  expect(places: Span, origins: Origins): void {
    this.#awaited.push({ from: places.from, to: places.to, origins, left: places.to - places.from })
  }

  /** The results at `places` are secured; returns the places of the records that this settles. */
  secured(places: Span): Span[] {
    const settled: Span[] = []
    for (let at = this.#firstEndingAfter(places.from); at < this.#awaited.length; ) {
      const awaited = this.#awaited.at(at)!
      if (awaited.from >= places.to) break
      const from = Math.max(places.from, awaited.from)
      const to = Math.min(places.to, awaited.to)
      settled.push(...placesBehind(awaited.origins, from - awaited.from, to - awaited.from))
      awaited.left -= to - from
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
