import type { Origins } from './batch.js'

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

/** The place of the record that result `index` comes from. */
export function placeOf({ from, deltas }: Origins, index: number): number {
  return from + (deltas ? deltas[index]! : index)
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
