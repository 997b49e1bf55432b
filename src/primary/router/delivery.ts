import type { Account } from '../../flow/account.js'
import { Credit } from '../../flow/credit.js'
import { Ledger } from '../../flow/ledger.js'
import type { Messages } from '../../link/messages.js'
import type { Amount } from '../../model/amount.js'
import { amountOf, bytesOf, type Piece } from '../../model/batch.js'
import type { Queue } from '../../queue/contract.js'
import type { LinkEnd } from '../processes/child-process.js'
import { Completion } from './completion.js'

type Confirm = Messages['confirm']
type Refusal = NonNullable<Confirm['rejected']>[number]

export interface DeliveryParts {
  readonly queue: Queue
  readonly account: Account
  /** Keeps what the sink will never take, and does what follows once that is durable, and only then. */
  keep(refusals: readonly Refusal[], then: () => void): void
  /** Records were settled. */
  settled(): void
  now(): number
}

/**
 * The sender's end of the out-queue: lends it results within its credit and settles what the sink
 * has confirmed. What a dead sender held goes to the next one, under the same ids.
 */
export class Delivery {
  readonly #parts: DeliveryParts
  readonly #ledger = new Ledger()
  readonly #credit = new Credit()
  readonly #completion = new Completion()
  #sender: LinkEnd | undefined
  /** JSON: what the sink goes back to under a new sender. Set by every confirmation. */
  #sinkState: string | undefined

  constructor(parts: DeliveryParts) {
    this.#parts = parts
  }

  get sinkState(): string | undefined {
    return this.#sinkState
  }

  inHand(key: string): number {
    return this.#ledger.inHand(key)
  }

  get credit(): number {
    return this.#credit.available.records
  }

  attach(sender: LinkEnd): void {
    this.#sender = sender
  }

  /** The sender is gone: what it had not confirmed is delivered by the next. */
  detach(key: string): void {
    if (this.#sender?.key === key) {
      this.#sender = undefined
      this.#credit.spend(this.#credit.available)
    }
    for (const { piece } of this.#ledger.loseAll(key)) this.#parts.queue.giveBack(piece)
  }

  ready(credit: Amount): void {
    this.#credit.grant(credit)
  }

  confirm(key: string, { done, rejected = [], state, credit }: Confirm): void {
    const pieces: Piece[] = []
    for (let i = 0; i < done.length; i += 2) {
      for (const { piece } of this.#ledger.finish(key, done[i]!, done[i + 1]!)) pieces.push(piece)
    }
    if (state !== undefined) this.#sinkState = state
    if (this.#sender?.key === key) this.#credit.grant(credit)
    for (const piece of pieces) this.#parts.queue.decide(piece)
    if (rejected.length === 0) this.#settle(pieces, rejected)
    else this.#parts.keep(rejected, () => this.#settle(pieces, rejected))
  }

  pump(): void {
    while (this.#sender) {
      const piece = this.#parts.queue.take(this.#credit.available)
      if (!piece) return
      this.#ledger.lend(this.#sender.key, { piece, attempt: 1, since: this.#parts.now() })
      this.#credit.spendUpTo(amountOf(piece))
      const { from, to, skip, batch } = piece
      const lent = { from, count: to - from, skip, total: batch.width, bytes: bytesOf(piece) }
      this.#sender.send('results', lent, batch.payload)
    }
  }

  /** A record counts as delivered when all its results are; one that is rejected makes it a dead letter. */
  #settle(pieces: readonly Piece[], rejected: readonly Refusal[]): void {
    const { queue, account } = this.#parts
    const refused = new Set(rejected.map(({ place }) => place))
    account.counters.results -= refused.size
    for (const piece of pieces) {
      account.counters.results += piece.to - piece.from
      for (const { from, to, records, dead } of this.#completion.add(piece, refused)) {
        account.counters.deadLettered += dead
        account.counters.delivered += records - dead
        queue.settle({ from, to })
      }
    }
    this.#parts.settled()
  }
}
