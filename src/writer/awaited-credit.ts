import { Credit } from '../flow/credit.js'
import type { Amount } from '../model/amount.js'

/** The writer's end of the credit that the primary grants: one reader waits until there is enough. */
export class AwaitedCredit {
  readonly #credit = new Credit()
  readonly #giveUp: AbortSignal
  #wake: (() => void) | undefined

  /** @param giveUp aborts when nothing more is waited for, except what must be had */
  constructor(giveUp: AbortSignal) {
    this.#giveUp = giveUp
    giveUp.addEventListener('abort', () => this.#wake?.(), { once: true })
  }

  /** Records that may be sent. */
  get records(): number {
    return this.#credit.available.records
  }

  grant(amount: Amount): void {
    this.#credit.grant(amount)
    this.#wake?.()
  }

  /** Resolves when there is credit for so much; once given up on, at once unless it must be had. */
  async enoughFor(amount: Amount, must: boolean): Promise<void> {
    while (!this.#credit.allows(amount) && (must || !this.#giveUp.aborted)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
  }

  /** Spends as much as soon as it is there. */
  async spend(amount: Amount): Promise<void> {
    await this.enoughFor(amount, true)
    this.#credit.spend(amount)
  }
}
