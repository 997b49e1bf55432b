import { InvariantError } from './invariant.js'

/** A slot that somebody may fill, once. */
export interface Grant {
  readonly slot: number
  /** How often the slot was given out, this time included: whoever reads it later knows whether it is still what was meant. */
  readonly generation: number
}

/** `free`, granted to a process (by its key), or filled. */
type Use =
  | { readonly of: 'nobody' }
  | { readonly of: 'filler'; readonly key: string }
  | { readonly of: 'readers' }

const nobody: Use = { of: 'nobody' }
const readers: Use = { of: 'readers' }

/**
 * Who may do what with the slots of the shared memory: nobody, the one process that was granted a slot to
 * fill it, or whoever reads what is in it.
 *
 * ```
 *   free ──grant──→ granted ──fill──→ filled ──release──→ free
 *     ↑                │
 *     └── loseAll ─────┘
 * ```
 *
 * What was released last is given out first, so only as many slots are ever touched as are in use at once,
 * and these are still in the caches.
 */
export class Slots {
  /** Slots that there may be. */
  readonly most: number
  readonly #uses: Use[] = []
  readonly #generations: number[] = []
  readonly #free: number[] = []
  readonly #granted = new Map<string, Set<number>>()

  constructor(most: number) {
    this.most = most
  }

  /** Slots that a process was granted and has not filled. */
  grantedTo(key: string): number {
    return this.#granted.get(key)?.size ?? 0
  }

  /** Slots that are granted or filled. */
  get inUse(): number {
    return this.#uses.length - this.#free.length
  }

  /** Grants a process so many slots, or as many as there are. */
  grant(key: string, wanted: number): Grant[] {
    const grants: Grant[] = []
    for (let slot = this.#next(); grants.length < wanted && slot !== undefined; slot = this.#next()) {
      if (slot === this.#uses.length) this.#generations[slot] = 0
      else this.#free.pop()
      // Written as 32 bits. A reader that is so far behind does not exist.
      const generation = (this.#generations[slot]! + 1) >>> 0
      this.#generations[slot] = generation
      this.#uses[slot] = { of: 'filler', key }
      this.#of(key).add(slot)
      grants.push({ slot, generation })
    }
    return grants
  }

  /** A process says that it has filled a slot. Throws when it was not granted that. */
  fill(key: string, { slot, generation }: Grant): void {
    if (!this.#granted.get(key)?.delete(slot) || this.#generations[slot] !== generation) {
      throw new InvariantError(`${key} filled slot ${slot}, which it was not granted`)
    }
    this.#uses[slot] = readers
  }

  /** Nobody reads any more what a slot was filled with. */
  release({ slot, generation }: Grant): void {
    if (this.#uses[slot] !== readers || this.#generations[slot] !== generation) {
      throw new InvariantError(`slot ${slot} was released without being filled, or twice`)
    }
    this.#giveBack(slot)
  }

  /** A process is gone: it fills no more. */
  loseAll(key: string): void {
    for (const slot of this.#granted.get(key) ?? []) this.#giveBack(slot)
    this.#granted.delete(key)
  }

  /** The slot that would be given out now. */
  #next(): number | undefined {
    return this.#free.at(-1) ?? (this.#uses.length < this.most ? this.#uses.length : undefined)
  }

  #giveBack(slot: number): void {
    this.#uses[slot] = nobody
    this.#free.push(slot)
  }

  #of(key: string): Set<number> {
    const granted = this.#granted.get(key) ?? new Set()
    this.#granted.set(key, granted)
    return granted
  }
}
