import type { LiveLine, LiveLines } from './live-letters.js'

/** How much is kept. */
export interface Bounds {
  /** Bytes of the file. */
  readonly maxSize: number
  /** Milliseconds that a letter is kept. */
  readonly maxAge?: number | undefined
}

/** Shares of the bounds at which somebody is warned. */
export const nearSize = 0.8
export const nearAge = 0.9

/** Share of `maxSize` that is left when it was passed, so that the file is not written anew for each letter. */
const leftOfSize = 0.75

/** What is kept of a file, and how many letters are thrown away for which bound. */
export interface Cut {
  readonly kept: LiveLines
  readonly byAge: number
  readonly bySize: number
}

/**
 * What the bounds leave: nothing past its age, and of the rest as many of the newest as fit into
 * three quarters of the size, if all do not. The newest letter stays in any case: it was promised to
 * be kept a moment ago.
 *
 * @param now milliseconds since 1970
 */
export function cutToBounds(live: LiveLines, { maxSize, maxAge = Infinity }: Bounds, now: number): Cut {
  const young = [...live].filter(([, { at }]) => !(now - at >= maxAge))
  const roomy = maxSize * leftOfSize
  let bytes = 0
  let first = young.length
  while (first > 0) {
    bytes += sizeOf(young[first - 1]![1])
    if (bytes > roomy && first < young.length) break
    first--
  }
  return { kept: new Map(young.slice(first)), byAge: live.size - young.length, bySize: first }
}

/** When the oldest letter was given up; undefined when there is none. */
export function oldestOf(live: LiveLines): number | undefined {
  let oldest: number | undefined
  // Not simply the first: the clock may have been put back.
  for (const { at } of live.values()) if (at < (oldest ?? Infinity)) oldest = at
  return oldest
}

/** With the end of the line. */
const sizeOf = ({ bytes }: LiveLine) => bytes + 1

/** Tells once when a mark is crossed, and again only after it was below. */
export class HighWater {
  #above = false

  /** @returns whether it was crossed since the last look */
  look(above: boolean): boolean {
    const crossed = above && !this.#above
    this.#above = above
    return crossed
  }
}
