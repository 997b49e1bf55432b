import { Ranges } from '../model/ranges.js'
import { InvariantError } from './invariant.js'
import { Shelf } from './retry.js'

/**
 * Puts results back into the order of the input, whatever order the workers finish in.
 *
 * ```
 *              front
 *   ───────────┬───┬──────┬────────┬───┬──────┬───
 *    may leave │ ? │ held │ passed │ ? │ held │ ?
 *   ───────────┴───┴──────┴────────┴───┴──────┴───→ places of the input
 * ```
 *
 * It works on runs of places, never on single ones: a run that begins at the front costs the same
 * however much waits, any other the logarithm of what waits. It has no bound of its own; whoever
 * lends records bounds it, by how far beyond the {@link front} it lends.
 */
export class Sequencer<Item> {
  #front: number
  /** What is known beyond the front, passed and held alike. */
  readonly #ahead = new Ranges()
  /** Items beyond the front; that of the lowest place comes out first. */
  readonly #held = new Shelf<Item>()
  /** Items before the front, until somebody takes them. */
  #ready: Item[] = []

  /** @param first the first place that is awaited */
  constructor(first: number) {
    this.#front = first
  }

  /** The first place that nothing is known of: everything before it may leave, or has left. */
  get front(): number {
    return this.#front
  }

  /** Items that have not left yet. */
  get held(): number {
    return this.#held.size + this.#ready.length
  }

  /**
   * No results will come of `[from, to)`: the places are refused, dropped, dead-lettered, settled
   * by an earlier run, or left out of the numbering. They leave no gap.
   */
  pass(from: number, to: number): void {
    if (from === to) return
    this.#refuseKnown(from, to)
    this.#learn(from, to)
  }

  /** `item` is all that comes of `[from, to)`; it waits until everything before it has come. */
  hold(item: Item, from: number, to: number): void {
    this.#refuseKnown(from, to)
    if (from === this.#front) this.#ready.push(item)
    else this.#held.put(item, from)
    this.#learn(from, to)
  }

  /** Takes what may leave by now, in the order of the input. */
  release(): Item[] {
    if (this.#ready.length === 0) return []
    const ready = this.#ready
    this.#ready = []
    return ready
  }

  #refuseKnown(from: number, to: number): void {
    if (from >= to) throw new InvariantError(`places ${from} to ${to} are not a run`)
    if (from < this.#front) {
      throw new InvariantError(
        `places ${from} to ${to} begin before ${this.#front}, the first that is awaited`,
      )
    }
    // Nothing known begins below the first run, so that a run at the front is spared the search.
    const first = this.#ahead.first
    if (first && first.from < to && this.#ahead.touches(from, to)) {
      throw new InvariantError(`places ${from} to ${to} are passed or held already`)
    }
  }

  #learn(from: number, to: number): void {
    if (from > this.#front) {
      this.#ahead.add(from, to)
      return
    }
    this.#front = to
    const next = this.#ahead.first
    if (next?.from !== to) return
    this.#front = next.to
    this.#ahead.remove(next.from, next.to)
    while ((this.#held.nextDue ?? this.#front) < this.#front) {
      this.#ready.push(this.#held.takeDue(this.#front) as Item)
    }
  }
}
