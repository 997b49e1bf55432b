import { Sequencer } from '../../flow/sequencer.js'
import type { Span } from '../../model/span.js'

/**
 * `order: 'input'`: results wait here until everything that was read before them is decided.
 *
 * How far lending may run ahead is bounded by the out-queue, because what waits here counts in its room.
 */
export class InputOrder<Results> {
  readonly #sequencer: Sequencer<Results>
  readonly #ahead: number

  /** @param ahead records that may be lent beyond the oldest undecided one */
  constructor(first: number, ahead: number) {
    this.#sequencer = new Sequencer(first)
    this.#ahead = ahead
  }

  /** The oldest place that is not decided. */
  get front(): number {
    return this.#sequencer.front
  }

  /** Records from this place on must not be begun yet. */
  get before(): number {
    return this.front + this.#ahead
  }

  /** A run of places is worked off, with these results or none; returns what may leave now. */
  done({ from, to }: Span, results?: Results): readonly Results[] {
    if (results) this.#sequencer.hold(results, from, to)
    else this.#sequencer.pass(from, to)
    return [...this.#sequencer.release()]
  }
}
