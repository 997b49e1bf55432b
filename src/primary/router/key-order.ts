import { decodeKeys } from '../../codec/batch.js'
import { KeyGate } from '../../flow/key-gate.js'
import type { Batch, Piece } from '../../model/batch.js'

type Keys = readonly (string | undefined)[]

/**
 * `order: 'key'`: of each key, one record at a time is lent, and the next only when what became of
 * it is decided. The keys are read out of a batch once, without its values.
 */
export class KeyOrder {
  readonly #gate = new KeyGate()
  readonly #keys = new WeakMap<Batch, { readonly keys: Keys | undefined }>()

  /** Records that wait for their key. */
  get parked(): number {
    return this.#gate.parked
  }

  /** The runs of a piece that may be lent now; the rest waits here for its keys. */
  admit(piece: Piece): readonly Piece[] {
    const keys = this.#keysOf(piece.batch)
    if (!keys) return [piece]
    return this.#gate.admit(piece, keys.slice(piece.skip, piece.skip + piece.to - piece.from))
  }

  /** What became of these is decided; returns those that may go now. */
  over(piece: Piece): Piece[] {
    const keys = this.#keysOf(piece.batch)
    if (!keys) return []
    const freed: Piece[] = []
    for (let place = piece.from; place < piece.to; place++) {
      const key = keys[piece.skip + place - piece.from]
      const next = key === undefined ? undefined : this.#gate.release(place, key)
      if (next) freed.push(next)
    }
    return freed
  }

  #keysOf(batch: Batch): Keys | undefined {
    let known = this.#keys.get(batch)
    if (!known) {
      known = { keys: decodeKeys(batch.payload, batch.width) }
      this.#keys.set(batch, known)
    }
    return known.keys
  }
}
