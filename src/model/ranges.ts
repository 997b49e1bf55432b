import type { Span } from './span.js'

/**
 * A set of places, kept as ordered, disjoint runs.
 *
 * Adding and removing cost a binary search and the runs they touch, so a set that grows at its
 * end or shrinks at its head, as everything in a pipeline does, stays one or two runs long.
 */
export class Ranges {
  readonly #runs: { from: number; to: number }[] = []
  #size = 0

  /** How many places are in the set. */
  get size(): number {
    return this.#size
  }

  /** How many separate runs the set has. */
  get runs(): number {
    return this.#runs.length
  }

  get first(): Span | undefined {
    return this.#runs[0]
  }

  /** Adds `[from, to)`, and says how many of its places are new. */
  add(from: number, to: number): number {
    if (to <= from) return 0
    const start = this.#firstEndingFrom(from)
    let end = start
    const merged = { from, to }
    let covered = 0
    for (; end < this.#runs.length; end++) {
      const run = this.#runs[end]!
      if (run.from > to) break
      covered += Math.max(0, Math.min(run.to, to) - Math.max(run.from, from))
      merged.from = Math.min(merged.from, run.from)
      merged.to = Math.max(merged.to, run.to)
    }
    this.#runs.splice(start, end - start, merged)
    const added = to - from - covered
    this.#size += added
    return added
  }

  /** Removes `[from, to)`, and says how many places that took out. */
  remove(from: number, to: number): number {
    if (to <= from) return 0
    const start = this.#firstEndingAfter(from)
    let end = start
    const rest: { from: number; to: number }[] = []
    let removed = 0
    for (; end < this.#runs.length; end++) {
      const run = this.#runs[end]!
      if (run.from >= to) break
      removed += Math.min(run.to, to) - Math.max(run.from, from)
      if (run.from < from) rest.push({ from: run.from, to: from })
      if (run.to > to) rest.push({ from: to, to: run.to })
    }
    if (end > start) this.#runs.splice(start, end - start, ...rest)
    this.#size -= removed
    return removed
  }

  /** Whether all of `[from, to)` is in the set. */
  covers(from: number, to: number): boolean {
    const run = this.#runs[this.#firstEndingAfter(from)]
    return to <= from || (run !== undefined && run.from <= from && run.to >= to)
  }

  /** Whether any of `[from, to)` is in the set. */
  touches(from: number, to: number): boolean {
    const run = this.#runs[this.#firstEndingAfter(from)]
    return to > from && run !== undefined && run.from < to
  }

  /** The run that `place` is in. */
  around(place: number): Span | undefined {
    const run = this.#runs[this.#firstEndingAfter(place)]
    return run && run.from <= place ? run : undefined
  }

  [Symbol.iterator](): IterableIterator<Span> {
    return this.#runs.values()
  }

  /** Index of the first run that ends at `place` or later (one that `[place, …)` may join). */
  #firstEndingFrom(place: number): number {
    return this.#search((run) => run.to >= place)
  }

  /** Index of the first run that ends after `place` (one that may contain it). */
  #firstEndingAfter(place: number): number {
    return this.#search((run) => run.to > place)
  }

  #search(holds: (run: Span) => boolean): number {
    let low = 0
    let high = this.#runs.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (holds(this.#runs[middle]!)) high = middle
      else low = middle + 1
    }
    return low
  }
}
