import type { Amount } from '../model/amount.js'
import { Credit } from './credit.js'
import type { Window } from './window.js'

/**
 * The receiving end of a credit, in a process that works things off: what it has in hand, what may
 * still arrive, and so what it should grant to have a full window again.
 */
export class Receiver {
  readonly #window: Window
  readonly #handBytes: number
  /** Granted and not spent yet. */
  readonly #granted = new Credit()
  #records = 0
  #bytes = 0

  /** @param handBytes bytes to have in hand at the most; one record may be more */
  constructor(window: Window, handBytes: number) {
    this.#window = window
    this.#handBytes = handBytes
  }

  /** Records that arrived and are not finished. */
  get inHand(): number {
    return this.#records
  }

  arrived(amount: Amount): void {
    this.#granted.spendUpTo(amount)
    this.#records += amount.records
    this.#bytes += amount.bytes
  }

  /** Bytes of single records are not known: they go by their share. */
  finished(records: number): void {
    const left = this.#records - records
    this.#bytes = left === 0 ? 0 : (this.#bytes * left) / this.#records
    this.#records = left
  }

  /**
   * Grants what is missing to a full window, once half of it is used up. What has begun counts as
   * used up: it may take for ever, and there may be hands free beside it.
   *
   * @param waiting records in hand that have not begun
   */
  grant(waiting = this.#records): Amount {
    const { reach } = this.#window
    const begun = this.#records - waiting
    const coming = this.#granted.available.records
    const expected = this.#records + coming
    const expectedBytes = this.#bytes + this.#granted.available.bytes
    const credit = {
      records: waiting + coming > (reach - begun) / 2 ? 0 : Math.max(0, reach - expected),
      bytes: Math.max(0, Math.floor(this.#handBytes - expectedBytes)),
    }
    this.#granted.grant(credit)
    return credit
  }
}
