import { SLOW_MS, type Window } from '../flow/window.js'
import type { Bookmark } from '../link/bookmark.js'

/**
 * Keeps the bookmark of a worker that handles one record at a time: when it dies, that is the only suspect.
 *
 * Slow records only, for which it costs next to nothing. While they are fast any of those in hand may be
 * the one, which is a few milliseconds of work.
 */
export class Bookmarking {
  readonly #bookmark: Pick<Bookmark, 'set' | 'clear'>
  readonly #window: Pick<Window, 'perRecord'>
  /** Where it is set; undefined while any record may be at work. */
  #place: number | undefined

  constructor(bookmark: Pick<Bookmark, 'set' | 'clear'>, window: Pick<Window, 'perRecord'>) {
    this.#bookmark = bookmark
    this.#window = window
  }

  /** The record at this place is begun now. */
  begin(place: number): void {
    if (this.#window.perRecord >= SLOW_MS) {
      this.#bookmark.set(place)
      this.#place = place
    } else if (this.#place !== undefined) {
      this.#bookmark.clear()
      this.#place = undefined
    }
  }

  /** Does something to results of many records: should it end the process, any of them may be why. */
  lifted<T>(work: () => T): T {
    if (this.#place === undefined) return work()
    this.#bookmark.clear()
    const made = work()
    this.#bookmark.set(this.#place)
    return made
  }
}
