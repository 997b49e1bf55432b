/** The middle of several runs of the same thing, and how far they lie apart. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** @throws RangeError when there is nothing to look at */
export function spreadOf(figures: readonly number[]): Spread {
  const sorted = ascending(figures)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, least: sorted[0]!, most: sorted.at(-1)! }
}

/**
 * The smallest figure that at least `share` of all figures do not exceed (nearest rank).
 *
 * @param share above 0, up to 1
 * @throws RangeError when there is nothing to look at
 */
export function percentile(figures: readonly number[], share: number): number {
  const sorted = ascending(figures)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!
}

function ascending(figures: readonly number[]): Float64Array {
  if (figures.length === 0) throw new RangeError('there are no figures')
  return Float64Array.from(figures).sort()
}
