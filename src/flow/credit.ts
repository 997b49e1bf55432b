import { type Amount, fits, minus, nothing, plus } from '../model/amount.js'
import { InvariantError } from './invariant.js'

/**
 * How much a receiver is ready to take: two counters and one predicate.
 *
 * The receiver grants, the sender spends, and nobody sends without it. Both ends keep one:
 * the receiver to know what may still arrive, the sender to know what it may still send.
 * (The idea is as old as token rings; in this form it is nsq's RDY count and Flink's buffers.)
 */
export class Credit {
  #available: Amount = nothing

  get available(): Amount {
    return this.#available
  }

  grant(amount: Amount): void {
    if (amount.records < 0 || amount.bytes < 0) throw new InvariantError('credit cannot be taken back')
    this.#available = plus(this.#available, amount)
  }

  allows(amount: Amount): boolean {
    return fits(amount, this.#available)
  }

  /** Throws when there is not so much: somebody sent without credit. */
  spend(amount: Amount): void {
    if (!this.allows(amount)) {
      throw new InvariantError(
        `${amount.records} records, ${amount.bytes} bytes were sent on a credit of ${this.#available.records} records, ${this.#available.bytes} bytes`,
      )
    }
    this.#available = minus(this.#available, amount)
  }

  /** Spends what there is of it: for a sender that may go beyond its credit by the results of one record. */
  spendUpTo(amount: Amount): void {
    this.#available = {
      records: Math.max(0, this.#available.records - amount.records),
      bytes: Math.max(0, this.#available.bytes - amount.bytes),
    }
  }
}

/**
 * What a receiver should grant now: all that is free, once that is half of its capacity.
 *
 * Refilling at half keeps the sender from ever running dry while the receiver is busy, and makes
 * one grant of many small ones. `used` is what the receiver holds, `granted` what may still arrive.
 *
 * @param starving nobody is busy with what is held, or it is stuck: then half of what it leaves free
 *   is enough, or it could hold up everything
 */
export function refill(capacity: Amount, used: Amount, granted: Amount, starving = false): Amount {
  const free = minus(minus(capacity, used), granted)
  const half = starving ? granted : { records: capacity.records / 2, bytes: capacity.bytes / 2 }
  const wanting = free.records >= Math.max(1, half.records) || free.bytes >= Math.max(1, half.bytes)
  if (!wanting) return nothing
  return { records: Math.max(0, free.records), bytes: Math.max(0, free.bytes) }
}
