import { cut, type Piece } from '../../src/model/batch.js'

/** What the workers of a model have in hand: pieces, of which any may be finished or lost, whole or in part. */
export class Hands {
  readonly #pieces: Piece[] = []

  put(...pieces: readonly Piece[]): void {
    this.#pieces.push(...pieces)
  }

  /** One of the pieces, if there is any. */
  pick(which: number): Piece[] {
    return this.#pieces.splice(which % (this.#pieces.length || 1), 1)
  }

  /** A part of one, at most so wide, from any of its places on; the rest stays in hand. */
  pickPart(which: number, width: number): Piece[] {
    const [piece] = this.pick(which)
    if (!piece) return []
    const from = piece.from + (which % (piece.to - piece.from))
    const to = Math.min(piece.to, from + width)
    if (piece.from < from) this.put(cut(piece, piece.from, from))
    if (to < piece.to) this.put(cut(piece, to, piece.to))
    return [cut(piece, from, to)]
  }

  /** Everything, the last that was put in hand first. */
  pickAll(): Piece[] {
    return this.#pieces.splice(0).reverse()
  }
}
