import type { ResumeNote } from '../link/control.js'
import { Ranges } from '../model/ranges.js'
import type { Span } from '../model/span.js'

/** Consecutive records of which all are settled by an earlier run, or none is. */
export interface Stretch {
  readonly count: number
  readonly settled: boolean
}

/**
 * The places of what the source hands over: every record takes one, whatever becomes of it, from
 * where the resume note says. Knows which of those to come an earlier run has settled.
 */
export class Places {
  #next: number
  /** Only what is still to come. */
  readonly #settled = new Ranges()

  constructor({ accepted = 0, settled = [] }: Partial<ResumeNote> = {}) {
    this.#next = accepted
    for (let i = 0; i < settled.length; i += 2) {
      this.#settled.add(Math.max(accepted, settled[i]!), settled[i + 1]!)
    }
  }

  /** The place of the next record. */
  get next(): number {
    return this.#next
  }

  /** The places that are settled, counted from the next one. */
  get settledAhead(): Span[] {
    return [...this.#settled].map(({ from, to }) => ({ from: from - this.#next, to: to - this.#next }))
  }

  /** What the next records have in common, at most `limit` of them. */
  ahead(limit: number): Stretch {
    const run = this.#settled.first
    if (!run) return { count: limit, settled: false }
    const settled = run.from === this.#next
    return { count: Math.min(limit, (settled ? run.to : run.from) - this.#next), settled }
  }

  /** The next records were sent, skipped or refused. */
  pass(count: number): void {
    this.#settled.remove(this.#next, this.#next + count)
    this.#next += count
  }
}
