import { cut, type Piece } from '../../model/batch.js'
import { Ranges } from '../../model/ranges.js'
import type { Span } from '../../model/span.js'

/** A process that died, as its restart budget remembers it. */
export interface Casualty {
  /** The place in the pipeline that it filled: `worker:2`. */
  readonly process: string
  /** When, on the clock of its supervisor. */
  readonly at: number
  readonly name: 'WorkerDied' | 'TimeoutError' | 'MemoryError'
  /** How, in words. */
  readonly how: string
  /** Where it was stuck, or the last lines that it wrote. */
  readonly trace: string
  /** Place of the record that it was at, or had just been; undefined when that may be any that it had in hand. */
  readonly atWork?: number | undefined
}

/** What a record has on its account. */
export interface Guilt {
  /** Deaths that it was named for: it was the only one at work. */
  readonly named: readonly Casualty[]
  /** The death that made it a suspect. */
  readonly suspectedFor: Casualty | undefined
}

/**
 * Records that were in hand when their worker died, of which one may have been why: the one that it was at,
 * or all of them if that is not known.
 *
 * They go out again in careful mode, one at a time and each announced before it begins, so the
 * next death names its record. Only named deaths count against one.
 */
export class Suspects {
  readonly #places = new Ranges()
  readonly #guilt = new Map<number, { named: Casualty[]; suspectedFor: Casualty | undefined }>()
  /** The deaths that made suspects, by the places they were made of; few, and gone with the last of them. */
  readonly #raids: { readonly places: Ranges; readonly casualty: Casualty }[] = []

  get size(): number {
    return this.#places.size
  }

  has(place: number): boolean {
    return this.#places.touches(place, place + 1)
  }

  /** These were in hand when a worker died, and nobody knows which of them was at work. */
  suspect(spans: readonly Span[], casualty: Casualty): void {
    const places = new Ranges()
    for (const { from, to } of spans) {
      places.add(from, to)
      this.#places.add(from, to)
    }
    if (places.size > 0) this.#raids.push({ places, casualty })
  }

  /** This one was at work, alone, when its worker died. Returns what it has on its account now. */
  name(place: number, casualty: Casualty): Guilt {
    this.#places.add(place, place + 1)
    const guilt = this.#guilt.get(place) ?? { named: [], suspectedFor: this.#raidOn(place) }
    guilt.named.push(casualty)
    this.#guilt.set(place, guilt)
    return guilt
  }

  /** These are over: worked off, or given up. */
  clear({ from, to }: Span): void {
    if (this.#places.size === 0 || this.#places.remove(from, to) === 0) return
    for (const place of this.#guilt.keys()) if (place >= from && place < to) this.#guilt.delete(place)
    for (let i = this.#raids.length - 1; i >= 0; i--) {
      const { places } = this.#raids[i]!
      places.remove(from, to)
      if (places.size === 0) this.#raids.splice(i, 1)
    }
  }

  /** The beginning of a piece that is suspect as a whole, or not at all; and whether it is. */
  firstOf(piece: Piece): { readonly piece: Piece; readonly careful: boolean } {
    const { from, to } = piece
    if (this.#places.size === 0 || !this.#places.touches(from, to)) return { piece, careful: false }
    const own = this.#places.around(from)
    if (own) return { piece: own.to < to ? cut(piece, from, own.to) : piece, careful: true }
    let end = from + 1
    for (const run of this.#places) {
      if (run.to <= from) continue
      end = Math.min(to, run.from)
      break
    }
    return { piece: cut(piece, from, end), careful: false }
  }

  #raidOn(place: number): Casualty | undefined {
    return this.#raids.find(({ places }) => places.touches(place, place + 1))?.casualty
  }
}
