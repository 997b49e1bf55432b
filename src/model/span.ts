/**
 * A run of consecutive places in a queue's numbering, `from` inclusive, `to` exclusive.
 *
 * For ordinary batches one record takes one place. A byte range of a file takes one place for
 * each byte, and `count`, the number of records in it, is unknown until a worker has read it.
 */
export interface Span {
  readonly from: number
  readonly to: number
  readonly count?: number
}

export const widthOf = (span: Span): number => span.to - span.from

/** Merges neighbours of an ordered list: `[0,2) [2,5)` becomes `[0,5)`. Counts are dropped. */
export function joinSpans(spans: readonly Span[]): Span[] {
  const joined: { from: number; to: number }[] = []
  for (const { from, to } of spans) {
    const last = joined.at(-1)
    if (last && last.to === from) last.to = to
    else joined.push({ from, to })
  }
  return joined
}
