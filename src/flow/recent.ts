/** Totals that only grow, by name. */
export type Totals<Key extends string> = Readonly<Record<Key, number>>

interface Note<Key extends string> {
  readonly at: number
  readonly totals: Totals<Key>
}

/** Milliseconds between two notes that are kept. */
const NOTE_EVERY_MS = 1000

/**
 * How much running totals have grown of late: a ring of what they were at some moments.
 *
 * Nobody has to come at fixed times. Where there was no moment exactly at the beginning of the window,
 * growth is taken to have been even between the two around it.
 */
export class Recent<Key extends string> {
  readonly #windowMs: number
  readonly #first: Note<Key>
  #notes: Note<Key>[]

  /** @param windowMs how far back it looks */
  constructor(windowMs: number, at: number, totals: Totals<Key>) {
    this.#windowMs = windowMs
    this.#first = { at, totals }
    this.#notes = [this.#first]
  }

  /** Whether a note would be kept. */
  isDue(at: number): boolean {
    return at - this.#notes.at(-1)!.at >= NOTE_EVERY_MS
  }

  /** The totals were these at that moment. */
  note(at: number, totals: Totals<Key>): void {
    if (!this.isDue(at)) return
    const start = at - this.#windowMs
    // One from before the window stays, to know what they were at its beginning.
    const firstInside = this.#notes.findIndex((note) => note.at > start)
    const kept = firstInside === -1 ? this.#notes.length - 1 : Math.max(0, firstInside - 1)
    this.#notes = [...this.#notes.slice(kept), { at, totals }]
  }

  /** Growth over the window that ends now, where the totals are these; a shorter one while there is no more. */
  growth(at: number, totals: Totals<Key>): { readonly ms: number; readonly of: Totals<Key> } {
    const start = Math.max(at - this.#windowMs, this.#first.at)
    const all = [...this.#notes, { at, totals }]
    const next = Math.max(
      1,
      all.findIndex((note) => note.at > start),
    )
    return { ms: at - start, of: minus(totals, between(all[next - 1]!, all[next] ?? all.at(-1)!, start)) }
  }

  /** Growth from the very beginning. */
  sinceStart(at: number, totals: Totals<Key>): { readonly ms: number; readonly of: Totals<Key> } {
    return { ms: at - this.#first.at, of: minus(totals, this.#first.totals) }
  }
}

function between<Key extends string>(before: Note<Key>, after: Note<Key>, at: number): Totals<Key> {
  const span = after.at - before.at
  const share = span > 0 ? Math.min(1, Math.max(0, (at - before.at) / span)) : 0
  return each(before.totals, (value, key) => value + (after.totals[key] - value) * share)
}

/** What is corrected downwards for a moment has not grown. */
const minus = <Key extends string>(totals: Totals<Key>, before: Totals<Key>): Totals<Key> =>
  each(totals, (value, key) => Math.max(0, value - before[key]))

const each = <Key extends string>(totals: Totals<Key>, map: (value: number, key: Key) => number) =>
  Object.fromEntries(
    Object.entries<number>(totals).map(([key, value]) => [key, map(value, key as Key)]),
  ) as Totals<Key>
