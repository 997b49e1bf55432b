import type { Clock } from '../../model/clock.js'
import type { ChildProcess, Death } from './child-process.js'

/**
 * How far a process has come: nothing to say when it is prepared, ready, or has handled its first
 * records, whichever is next; its death, if it is gone; `late`, if that takes too long.
 */
export type Arrival = Death | 'late' | undefined

export const isDeath = (step: Arrival): step is Death => step !== undefined && step !== 'late'

/** Who waits for a process to take its next step, or to be gone; several may. */
export class Arrivals {
  readonly #clock: Clock
  readonly #waiting = new Map<ChildProcess, Set<(death: Death | undefined) => void>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @param within milliseconds until it is `late` */
  next(child: ChildProcess, within?: number): Promise<Arrival> {
    const waiting = this.#waiting.get(child) ?? new Set()
    this.#waiting.set(child, waiting)
    return new Promise((resolve) => {
      const late = () => {
        waiting.delete(arrived)
        resolve('late')
      }
      const cancel = within === undefined ? undefined : this.#clock.after(within, late)
      const arrived = (death: Death | undefined) => {
        cancel?.()
        resolve(death)
      }
      waiting.add(arrived)
    })
  }

  /** It has taken a step, whatever somebody waits for; or is gone. */
  came(child: ChildProcess, death?: Death): void {
    const waiting = this.#waiting.get(child) ?? []
    this.#waiting.delete(child)
    for (const arrived of waiting) arrived(death)
  }
}
