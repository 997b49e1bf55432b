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

/** Which letters the bounds leave, and how many are thrown away for which bound. */
export interface Cut {
  keeps(line: LiveLine): boolean
  readonly byAge: number
  readonly bySize: number
}

/**
 * What the bounds leave: nothing past its age, and of the rest as many of the newest as fit into
 * three quarters of the size, if all do not. The newest letter stays in any case: it was promised to
 * be kept a moment ago. There may be millions of lines, so none is copied.
 *
 * @param now milliseconds since 1970
 */
export function cutToBounds(live: LiveLines, { maxSize, maxAge = Infinity }: Bounds, now: number): Cut {
  // A date that nobody can read is no reason to throw a letter away.
  const isYoung = ({ at }: LiveLine) => !(now - at >= maxAge)
  let young = 0
  let bytes = 0
  for (const line of live.values()) {
    if (!isYoung(line)) continue
    young++
    bytes += sizeOf(line)
  }
  let bySize = 0
  let from = 0
  for (const line of live.values()) {
    if (bytes <= maxSize * leftOfSize || bySize === young - 1) break
    from = line.from + 1
    if (!isYoung(line)) continue
    bySize++
    bytes -= sizeOf(line)
  }
  return { keeps: (line) => line.from >= from && isYoung(line), byAge: live.size - young, bySize }
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
