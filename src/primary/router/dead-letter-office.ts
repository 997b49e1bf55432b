import type { LetterKeeper } from '../../dead-letters/letter-keeper.js'
import type { DeadLetter } from '../../model/dead-letter.js'
import type { EventListener } from '../../telemetry/events.js'
import type { Replays } from './replays.js'

export interface DeadLetterOfficeParts {
  readonly keeper: LetterKeeper
  readonly replays: Replays
  readonly emit: EventListener
  failed(error: unknown): void
  /** Letters are durable, and what had to wait for that is done. */
  kept(): void
}

/** Where records go that were given up on: keeps their letters, and does nothing before these are durable. */
export class DeadLetterOffice {
  readonly #parts: DeadLetterOfficeParts
  #keeping = 0
  /** Wait until nothing is on its way. */
  #waiting: (() => void)[] = []

  constructor(parts: DeadLetterOfficeParts) {
    this.#parts = parts
  }

  /** Letters that are not durable yet; the run does not end before they are there. */
  get keeping(): number {
    return this.#keeping
  }

  /** Resolves when no letter is on its way, and all that had to wait for one is done. */
  async idle(): Promise<void> {
    if (this.#keeping === 0) return
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Keeps letters, and then does what may only be done once they are durable. */
  keep(letters: readonly DeadLetter[], then: () => void): void {
    this.#keep(letters, then).catch((error) => this.#parts.failed(error))
  }

  async #keep(letters: readonly DeadLetter[], then: () => void): Promise<void> {
    const { keeper, replays, emit, kept } = this.#parts
    this.#keeping += letters.length
    try {
      await Promise.all(letters.map((letter) => keeper.keep(letter)))
      for (const { id, attempts, error } of letters) {
        replays.keptAnew(id)
        emit({ type: 'recordDeadLettered', id, attempts, error: error.message, to: keeper.place })
      }
      then()
    } finally {
      this.#keeping -= letters.length
      if (this.#keeping === 0) for (const resolve of this.#waiting.splice(0)) resolve()
      kept()
    }
  }
}
