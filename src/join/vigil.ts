import type { Clock } from '../model/clock.js'

/** Milliseconds between two signs of life. */
export const BEAT_MS = 1000

/** Milliseconds of silence after which the other end counts as dead. */
export const LOST_MS = 5000

export interface VigilParts {
  readonly clock: Clock
  /** Gives a sign of life. */
  beat(): void
  /** Nothing was heard for {@link LOST_MS}. Called once. */
  lost(): void
}

/** Tells the other end that this one lives, and notices when the other does not. */
export class Vigil {
  readonly #parts: VigilParts
  #heardAt: number
  #cancel: () => void = () => {}

  constructor(parts: VigilParts) {
    this.#parts = parts
    this.#heardAt = parts.clock.now()
    this.#watch()
  }

  /** The other end said something. */
  heard(): void {
    this.#heardAt = this.#parts.clock.now()
  }

  end(): void {
    this.#cancel()
  }

  #watch(): void {
    const { clock, beat, lost } = this.#parts
    this.#cancel = clock.after(BEAT_MS, () => {
      if (clock.now() - this.#heardAt >= LOST_MS) {
        lost()
        return
      }
      beat()
      this.#watch()
    })
  }
}
