import type { Clock } from '../model/clock.js'

/** Milliseconds between two signs of life. */
export const BEAT_MS = 1000

/**
 * Milliseconds of silence after which an outpost ends its workers. It has them on a lease, which each
 * word of the primary renews: they are to be dead, clearly, before others get their records.
 */
export const LEASE_MS = 3500

/**
 * Milliseconds of silence after which the primary gives to others what a machine had in hand: 5 s after
 * the way was cut, at the least, since the last sign of life may have been a beat earlier. The outpost,
 * cut off at the same moment, has ended its workers at most {@link LEASE_MS} after that.
 */
export const LOST_MS = 5000 + BEAT_MS

export interface VigilParts {
  readonly clock: Clock
  /** Milliseconds of silence after which the other end counts as dead. */
  readonly patience: number
  /** Gives a sign of life. */
  beat(): void
  /** Nothing was heard for as long as there is patience. Called once. */
  lost(): void
}

/** Tells the other end that this one lives, and notices when the other does not. */
export class Vigil {
  readonly #parts: VigilParts
  #heardAt: number
  #ended = false
  #cancelBeat: () => void = () => {}
  #cancelWatch: () => void = () => {}

  constructor(parts: VigilParts) {
    this.#parts = parts
    this.#heardAt = parts.clock.now()
    this.#beat()
    this.#watch(parts.patience)
  }

  /** The other end said something. */
  heard(): void {
    this.#heardAt = this.#parts.clock.now()
  }

  end(): void {
    this.#ended = true
    this.#cancelBeat()
    this.#cancelWatch()
  }

  #beat(): void {
    const { clock, beat } = this.#parts
    this.#cancelBeat = clock.after(BEAT_MS, () => {
      this.#beat()
      beat()
    })
  }

  /**
   * A process that stood still for a while finds its timers due before it has read what arrived
   * meanwhile, so that is read first: its own sleep is not the other's silence.
   */
  #watch(ms: number): void {
    const { clock } = this.#parts
    this.#cancelWatch = clock.after(ms, () => clock.afterReading(() => this.#judge()))
  }

  #judge(): void {
    if (this.#ended) return
    const { clock, patience, lost } = this.#parts
    const left = this.#heardAt + patience - clock.now()
    if (left > 0) {
      this.#watch(left)
      return
    }
    this.end()
    lost()
  }
}
