import type { ActiveCalls, Begun } from './active-calls.js'
import type { Calls } from './calls.js'
import type { Hand } from './hand.js'

export interface CarefulParts {
  readonly hand: Hand
  readonly active: ActiveCalls
  readonly calls: Calls
  /** Says that the record at `place` is about to begin; resolves when that has left this process. */
  announce(place: number): Promise<void>
  /** Reports what has finished; resolves when that has left this process. */
  report(): Promise<void>
  /** Others may begin. */
  wake(): void
}

/**
 * Works off the records of careful lends: each alone, after it was announced, and nothing else
 * begins until its outcome has left this process. So a death while one is announced and not
 * reported is that record's doing, and no other death is.
 *
 * The hand is a queue: a careful record at its front waits for the calls before it, and what is
 * behind it waits for it.
 */
export class Careful {
  readonly #parts: CarefulParts
  #state: 'free' | 'announced' | 'running' | 'reporting' = 'free'

  constructor(parts: CarefulParts) {
    this.#parts = parts
  }

  /** Whether a record is on its way to the handler, or with it. */
  get busy(): boolean {
    return this.#state === 'announced' || this.#state === 'running'
  }

  /** Begins the record at the front, if it is a careful one and nothing else is under way; says whether it did. */
  begin(): boolean {
    const { active, hand } = this.#parts
    const lend = hand.current
    if (this.#state !== 'free' || !lend?.careful || active.size > 0) return false
    void this.#run({ lend, index: hand.begin() })
    return true
  }

  /** Something is other than it was: if the handler is done with the record, its outcome is reported. */
  look(): void {
    if (this.#state === 'running' && this.#parts.active.size === 0) void this.#finish()
  }

  async #run(record: Begun): Promise<void> {
    const { active, announce, calls } = this.#parts
    this.#state = 'announced'
    active.hold()
    await announce(record.lend.from + record.index)
    this.#state = 'running'
    calls.beginAlone(record)
    this.look()
  }

  async #finish(): Promise<void> {
    const { active, report, wake } = this.#parts
    this.#state = 'reporting'
    await report()
    this.#state = 'free'
    active.release()
    wake()
  }
}
