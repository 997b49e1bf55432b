import { cut, type Piece } from '../model/batch.js'
import { Lane } from '../model/lane.js'
import { Ranges } from '../model/ranges.js'
import { InvariantError } from './invariant.js'

/** A piece in somebody's hand. */
export interface Holding {
  readonly piece: Piece
  /** Which attempt at its records this is, from 1. */
  readonly attempt: number
  /** It does not come from the queue, or has left it: somebody else keeps it if it comes back. */
  readonly aside?: boolean
  /** When it was lent, on the clock of whoever lent it. */
  readonly since: number
}

/**
 * The table of who holds what, as ranges.
 *
 * Holders are processes; a place is held by at most one of them. A holder either finishes places
 * (some or all, in any order) or loses all that is left when it dies. Nothing here knows a value,
 * and nothing costs more than the pieces it touches.
 */
export class Ledger {
  readonly #hands = new Map<string, Lane<Holding>>()
  readonly #inHand = new Map<string, number>()
  readonly #lent = new Ranges()

  /** Notes that `holder` now has `piece`. */
  lend(holder: string, holding: Holding): void {
    const { piece } = holding
    if (this.#lent.touches(piece.from, piece.to)) {
      throw new InvariantError(`places ${piece.from} to ${piece.to} are lent already`)
    }
    this.#lent.add(piece.from, piece.to)
    const hand = this.#hands.get(holder) ?? new Lane<Holding>()
    hand.push(holding)
    this.#hands.set(holder, hand)
    this.#add(holder, piece.to - piece.from)
  }

  /** Takes `[from, to)` out of the holder's hand and returns it, cut along the pieces it was lent in. */
  finish(holder: string, from: number, to: number): Holding[] {
    const hand = this.#hands.get(holder) ?? new Lane<Holding>()
    const finished: Holding[] = []
    const rest: Holding[] = []
    let first = 0
    let last = 0
    let places = 0
    for (let i = 0; i < hand.length && places < to - from; i++) {
      const held = hand.at(i)!
      const { piece } = held
      const begin = Math.max(piece.from, from)
      const end = Math.min(piece.to, to)
      if (begin >= end) {
        // Held by chance between two that are finished: it stays.
        if (finished.length > 0) rest.push(held)
        continue
      }
      if (finished.length === 0) first = i
      last = i
      finished.push(begin === piece.from && end === piece.to ? held : partOf(held, begin, end))
      places += end - begin
      if (piece.from < begin) rest.push(partOf(held, piece.from, begin))
      if (end < piece.to) rest.push(partOf(held, end, piece.to))
    }
    if (places !== to - from) {
      throw new InvariantError(`${holder} finished places ${from} to ${to}, which it does not hold all of`)
    }
    if (finished.length > 0) hand.replace(first, last + 1, rest)
    this.#lent.remove(from, to)
    this.#add(holder, -places)
    return finished.sort((a, b) => a.piece.from - b.piece.from)
  }

  /** Takes everything from a holder: it is gone. In order of place. */
  loseAll(holder: string): Holding[] {
    const hand = this.#hands.get(holder)?.items() ?? []
    this.#hands.delete(holder)
    this.#inHand.delete(holder)
    for (const { piece } of hand) this.#lent.remove(piece.from, piece.to)
    return hand.sort((a, b) => a.piece.from - b.piece.from)
  }

  /** Places in one holder's hand. */
  inHand(holder: string): number {
    return this.#inHand.get(holder) ?? 0
  }

  /** What a holder has in its hand, in the order it was lent. */
  hand(holder: string): readonly Holding[] {
    return this.#hands.get(holder)?.items() ?? []
  }

  holds(holder: string, place: number): boolean {
    return this.hand(holder).some(({ piece }) => piece.from <= place && place < piece.to)
  }

  isLent(place: number): boolean {
    return this.#lent.touches(place, place + 1)
  }

  get holders(): IterableIterator<string> {
    return this.#hands.keys()
  }

  get empty(): boolean {
    return this.#lent.size === 0
  }

  #add(holder: string, places: number): void {
    this.#inHand.set(holder, (this.#inHand.get(holder) ?? 0) + places)
  }
}

/** The places `[from, to)` of a holding. */
export const partOf = (held: Holding, from: number, to: number): Holding => ({
  ...held,
  piece: cut(held.piece, from, to),
})
