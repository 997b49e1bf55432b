import { joinSpans, type Span } from './span.js'

/*
 * Runs of places as a flat list of pairs, `[from, to, from, to, …]`: the form in which they cross a link.
 */

/** Pairs of a list of places; neighbours are joined, and a place that follows itself counts once. */
export function pairsOf(places: readonly number[]): number[] {
  const pairs: number[] = []
  for (const place of places) {
    const end = pairs.at(-1)
    if (end !== undefined && end - 1 === place) continue
    if (end === place) pairs[pairs.length - 1] = place + 1
    else pairs.push(place, place + 1)
  }
  return pairs
}

export const pairsOfSpans = (spans: readonly Span[]): number[] => spans.flatMap(({ from, to }) => [from, to])

/** The parts of ordered pairs that lie in `[from, to)`. */
export function clipPairs(pairs: readonly number[], from: number, to: number): number[] {
  const clipped: number[] = []
  for (let i = 0; i < pairs.length; i += 2) {
    const start = Math.max(pairs[i]!, from)
    const end = Math.min(pairs[i + 1]!, to)
    if (start < end) clipped.push(start, end)
  }
  return clipped
}

/** The places that are in both of two ordered lists of pairs. */
export function commonPairs(some: readonly number[], others: readonly number[]): number[] {
  const common: number[] = []
  for (let i = 0, j = 0; i < some.length && j < others.length; ) {
    const from = Math.max(some[i]!, others[j]!)
    const to = Math.min(some[i + 1]!, others[j + 1]!)
    if (from < to) common.push(from, to)
    if (some[i + 1]! < others[j + 1]!) i += 2
    else j += 2
  }
  return common
}

/** The same places in order, neighbours joined. */
export function sortPairs(pairs: readonly number[]): number[] {
  const spans = [...spansOfPairs(pairs)].sort((a, b) => a.from - b.from)
  return pairsOfSpans(joinSpans(spans))
}

/** How many places a list of pairs has. */
export const lengthOfPairs = (pairs: readonly number[]): number =>
  pairs.reduce((length, place, index) => length + (index % 2 ? place : -place), 0)

export function* spansOfPairs(pairs: readonly number[]): Generator<Span> {
  for (let i = 0; i < pairs.length; i += 2) yield { from: pairs[i]!, to: pairs[i + 1]! }
}

/** Every place of a list of pairs. */
export function* placesIn(pairs: readonly number[]): Generator<number> {
  for (let i = 0; i < pairs.length; i += 2) {
    for (let place = pairs[i]!; place < pairs[i + 1]!; place++) yield place
  }
}
