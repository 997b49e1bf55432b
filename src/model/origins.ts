import type { Origins } from './batch.js'
import type { Span } from './span.js'

/**
 * How many different records the results `[begin, end)` come from.
 *
 * A piece never cuts the results of one record apart, so counts of pieces add up.
 */
export function recordsBehind(origins: Origins, begin: number, end: number): number {
  const { deltas } = origins
  if (!deltas) return end - begin
  let records = 0
  for (let i = begin; i < end; i++) if (i === begin || deltas[i] !== deltas[i - 1]) records++
  return records
}

/** The places of the records that the results `[begin, end)` come from, as runs, in the results' order. */
export function placesBehind(origins: Origins, begin: number, end: number): Span[] {
  const { from, deltas } = origins
  if (end <= begin) return []
  if (!deltas) return [{ from: from + begin, to: from + end }]
  const spans: { from: number; to: number }[] = []
  for (let i = begin; i < end; i++) {
    const place = from + deltas[i]!
    const last = spans.at(-1)
    if (last && place === last.to - 1) continue
    if (last && place === last.to) last.to++
    else spans.push({ from: place, to: place + 1 })
  }
  return spans
}

/** The largest `end' <= end` (but past `begin`) at which a batch of results may be cut. */
export function cutBetweenRecords(origins: Origins, begin: number, end: number, size: number): number {
  const { deltas } = origins
  if (!deltas || end >= size) return Math.min(end, size)
  let cut = end
  while (cut > begin && deltas[cut] === deltas[cut - 1]) cut--
  if (cut > begin) return cut
  // The first record alone has more results than wanted: it goes whole.
  cut = end
  while (cut < size && deltas[cut] === deltas[cut - 1]) cut++
  return cut
}
