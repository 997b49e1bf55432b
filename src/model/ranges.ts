import { Lane } from './lane.js'
import { type Span, widthOf } from './span.js'

/**
 * A set of places, kept as ordered, disjoint runs.
 *
 * Adding and removing cost a binary search, the runs they touch, and a move of those before or
 * behind, whichever are fewer. A set that grows at its end and shrinks at its head, as everything in
 * a pipeline does, is cheap even when every other record is missing in it.
 */
export class Ranges {
  readonly #runs = new Lane<Span>()
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
    return this.#runs.at(0)
  }

  /** Adds `[from, to)`, and says how many of its places are new. */
  add(from: number, to: number): number {
    if (to <= from) return 0
    const start = this.#firstEndingFrom(from)
    let end = start
    const merged = { from, to }
    let covered = 0
    for (; end < this.#runs.length; end++) {
      const run = this.#runs.at(end)!
      if (run.from > to) break
      covered += Math.max(0, Math.min(run.to, to) - Math.max(run.from, from))
      merged.from = Math.min(merged.from, run.from)
      merged.to = Math.max(merged.to, run.to)
    }
    this.#runs.replace(start, end, [merged])
    const added = to - from - covered
    this.#size += added
    return added
  }

  /** Adds spans that are in order and disjoint, in one go: what lies behind them is moved once. Says how many places are new. */
  addAll(spans: readonly Span[]): number {
    const [first] = spans
    if (!first) return 0
    const { to: end } = spans.at(-1)!
    const start = this.#firstEndingFrom(first.from)
    const touched: Span[] = []
    let next = 0
    let behind = start
    for (; behind < this.#runs.length; behind++) {
      const run = this.#runs.at(behind)!
      if (run.from > end) break
      while (next < spans.length && spans[next]!.from < run.from) touched.push(spans[next++]!)
      touched.push(run)
    }
    for (; next < spans.length; next++) touched.push(spans[next]!)
    const united = unite(touched)
    this.#runs.replace(start, behind, united)
    const covered = widthOfAll(touched) - widthOfAll(united)
    const added = widthOfAll(spans) - covered
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
      const run = this.#runs.at(end)!
      if (run.from >= to) break
      removed += Math.min(run.to, to) - Math.max(run.from, from)
      if (run.from < from) rest.push({ from: run.from, to: from })
      if (run.to > to) rest.push({ from: to, to: run.to })
    }
    if (end > start) this.#runs.replace(start, end, rest)
    this.#size -= removed
    return removed
  }

  /** Whether all of `[from, to)` is in the set. */
  covers(from: number, to: number): boolean {
    const run = this.#runs.at(this.#firstEndingAfter(from))
    return to <= from || (run !== undefined && run.from <= from && run.to >= to)
  }

  /** Whether any of `[from, to)` is in the set. */
  touches(from: number, to: number): boolean {
    const run = this.#runs.at(this.#firstEndingAfter(from))
    return to > from && run !== undefined && run.from < to
  }

  /** The run that `place` is in. */
  around(place: number): Span | undefined {
    const run = this.#runs.at(this.#firstEndingAfter(place))
    return run && run.from <= place ? run : undefined
  }

  [Symbol.iterator](): IterableIterator<Span> {
    return this.#runs.items().values()
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
      if (holds(this.#runs.at(middle)!)) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** An ordered list of spans without those that touch or overlap: these are one. */
function unite(spans: readonly Span[]): Span[] {
  const apart: { from: number; to: number }[] = []
  for (const { from, to } of spans) {
    const last = apart.at(-1)
    if (last && last.to >= from) last.to = Math.max(last.to, to)
    else apart.push({ from, to })
  }
  return apart
}

const widthOfAll = (spans: readonly Span[]): number => spans.reduce((sum, span) => sum + widthOf(span), 0)
