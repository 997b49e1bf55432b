import { Credit } from '../../flow/credit.js'
import type { LinkEnd } from '../processes/child-process.js'

/** Why the primary kills a worker. */
export interface Sentence {
  /** The name of the error in the letter of a record that is given up because of it. */
  readonly name: 'TimeoutError' | 'MemoryError'
  /** The records that are to blame, if that could be found out. */
  readonly places: readonly number[]
  readonly how: string
  /** Where it was stuck, as an error's stack, if that could be had. */
  readonly stack?: string | undefined
}

/** A worker that records can be lent to. */
export class Port {
  readonly worker: LinkEnd
  readonly credit = new Credit()
  /** No more is lent to it; it finishes what it has. */
  draining = false
  /** Records that it gave back unbegun since then. */
  handedOn = 0
  /** Records that it would like to have in hand. */
  window = 1
  /** Records that it wanted when nothing was known of them: as many as it can begin at once. */
  least = 0
  /** When it last said what it did, or was lent something while its hand was empty. */
  heardAt: number
  /** The record of a careful lend that it said it begins, until it says what became of it. */
  begun: number | undefined
  /** Records in its hand that it said are over their time, and when it said so. */
  readonly overdue = new Map<number, number>()
  sentence: Sentence | undefined

  constructor(worker: LinkEnd, now: number) {
    this.worker = worker
    this.heardAt = now
  }
}
