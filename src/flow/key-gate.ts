import { cut, type Piece } from '../model/batch.js'
import { Lane } from '../model/lane.js'
import { InvariantError } from './invariant.js'

/** A key of which a record is under way. */
interface Busy {
  /** The place of that record. It is this one until it is over, in whatever hand it is meanwhile. */
  holder: number
  /** Later records of the key, in order; absent until there is one, which for most keys there never is. */
  parked?: Lane<Piece>
}

/**
 * Lets through one record of a key at a time, in order; records of other keys overtake.
 *
 * ```
 *   in-queue ──take──→ admit ──────────────────→ workers ──over──→ release
 *                        │ key is held              ↑                 │
 *                        └────→ parked ─────────────┴── next of key ──┘
 * ```
 *
 * A key belongs to a record and not to a worker: who works on it, whether it dies, or how long the
 * record waits for a retry, makes no difference. A record without a key never waits. Memory is
 * taken only for keys that are held and records that are parked. These have not left the in-queue,
 * so its bound is theirs.
 */
export class KeyGate {
  readonly #busy = new Map<string, Busy>()
  #parked = 0

  /** Records that are parked. */
  get parked(): number {
    return this.#parked
  }

  /**
   * Of a piece that was taken from the queue, the longest runs whose records may go, in order; they
   * hold their keys from now on. The others are parked until {@link release} lets them go.
   *
   * A record that was given back, because its worker died, holds its key still and goes again.
   *
   * @param keys that of the record at place `piece.from + i` is `keys[i]`
   */
  admit(piece: Piece, keys: readonly (string | undefined)[]): Piece[] {
    const { from, to } = piece
    if (keys.length !== to - from) {
      throw new InvariantError(`${keys.length} keys came with places ${from} to ${to}`)
    }
    const runs: Piece[] = []
    let begin = from
    for (let place = from; place < to; place++) {
      const key = keys[place - from]
      if (key === undefined || this.#enter(key, piece, place)) continue
      if (begin < place) runs.push(cut(piece, begin, place))
      begin = place + 1
    }
    if (begin === from) return [piece]
    if (begin < to) runs.push(cut(piece, begin, to))
    return runs
  }

  /**
   * The record at `place` is over: it has left results or none, or is given up. The next record of
   * its key holds the key from now on and may go; it is returned, if there is one.
   */
  release(place: number, key: string): Piece | undefined {
    const busy = this.#busy.get(key)
    if (busy?.holder !== place) {
      throw new InvariantError(`place ${place} is over, but does not hold its key`)
    }
    const next = busy.parked?.at(0)
    if (!next) {
      this.#busy.delete(key)
      return undefined
    }
    busy.parked?.replace(0, 1, [])
    busy.holder = next.from
    this.#parked--
    return next
  }

  /** Gives the record at `place` its key, or parks it. Whether it may go. */
  #enter(key: string, piece: Piece, place: number): boolean {
    const busy = this.#busy.get(key)
    if (!busy) {
      this.#busy.set(key, { holder: place })
      return true
    }
    if (busy.holder === place) return true
    busy.parked ??= new Lane()
    const { parked } = busy
    // New places come upwards, and what comes back holds its key: a first-in-first-out lane is in order.
    if (place < (parked.at(parked.length - 1)?.to ?? busy.holder)) {
      throw new InvariantError(`place ${place} came after a later one of its key`)
    }
    parked.push(cut(piece, place, place + 1))
    this.#parked++
    return false
  }
}
