import type { Account } from '../../flow/account.js'
import { Credit } from '../../flow/credit.js'
import { type Holding, Ledger } from '../../flow/ledger.js'
import type { Messages } from '../../link/messages.js'
import { amountOf, bytesOf, type Piece } from '../../model/batch.js'
import { Lane } from '../../model/lane.js'
import { spansOfPairs } from '../../model/pairs.js'
import type { Span } from '../../model/span.js'
import type { Queue } from '../../queue/contract.js'
import type { LinkEnd } from '../processes/child-process.js'
import { Completion } from './completion.js'
import type { FlowMeter } from './flow-meter.js'

type Confirm = Messages['confirm']
type Refusal = NonNullable<Confirm['rejected']>[number]

export interface DeliveryParts {
  readonly queue: Queue
  readonly account: Account
  readonly flow: Pick<FlowMeter, 'moved' | 'delivered'>
  /** JSON: what the sink goes back to when it is opened for the first time. */
  readonly sinkState: string | undefined
  /** Keeps what the sink will never take, and does what follows once that is durable, and only then. */
  keep(refusals: readonly Refusal[], then: () => void): void
  /** The sink has these results, or will never take them. */
  delivered(results: Span): void
  /** Records were settled. */
  settled(): void
  /** The sink has what was delivered up to here, and nothing else; a checkpoint was asked for. */
  marked(sinkState: string | undefined): void
  /** All of that is durable. */
  synced(): void
  now(): number
}

/** Something that the sender said, which takes effect when all it said before has. */
interface Said {
  ready: boolean
  takeEffect(): void
}

/**
 * The sender's end of the out-queue: lends it results within its credit and settles what the sink
 * has confirmed. What a dead sender held goes to the next one, under the same ids.
 *
 * Confirmations and marks take effect in the order in which the sender said them, although one
 * with rejected results waits until these are kept: a mark is about exactly what was before it.
 */
export class Delivery {
  readonly #parts: DeliveryParts
  readonly #ledger = new Ledger()
  readonly #credit = new Credit()
  readonly #completion = new Completion()
  readonly #said = new Lane<Said>()
  #sender: LinkEnd | undefined
  /** It is lent no more; another one goes on. */
  #draining = false
  /** It has not answered yet that the sink is durable. */
  #asked = false
  /** JSON: what the sink goes back to under a new sender. Set when one is ready, and by every confirmation. */
  #sinkState: string | undefined
  #begun = false

  constructor(parts: DeliveryParts) {
    this.#parts = parts
    this.#sinkState = parts.sinkState
  }

  get sinkState(): string | undefined {
    return this.#sinkState
  }

  /**
   * A sender of this run has said what its sink stands at. Nothing was lent to one before that; from
   * now on, what the sink holds beyond {@link sinkState} was lent and not confirmed.
   */
  get begun(): boolean {
    return this.#begun
  }

  inHand(key: string): number {
    return this.#ledger.inHand(key)
  }

  /** What a sender holds, in the order it was lent. */
  holdings(key: string): readonly Holding[] {
    return this.#ledger.hand(key)
  }

  /**
   * Milliseconds that the sender has been at a delivery and has said nothing of yet. One that has
   * credit left may wait for more instead.
   *
   * @param heardAt when it last confirmed something
   */
  unsaid(now: number, heardAt: number): number {
    const [oldest] = this.#sender && this.credit < 1 ? this.#ledger.hand(this.#sender.key) : []
    return oldest ? now - Math.max(oldest.since, heardAt) : 0
  }

  get credit(): number {
    return this.#credit.available.records
  }

  attach(sender: LinkEnd): void {
    this.#sender = sender
    this.#draining = false
    this.#asked = false
  }

  /** Lends the sender no more. It is drained when nothing is left in its hand. */
  drain(): void {
    this.#draining = true
  }

  /** A sender is gone: what it had not confirmed is delivered by the next. Says whether it was the one that delivers. */
  detach(key: string): boolean {
    const attached = this.#sender?.key === key
    if (attached) {
      this.#sender = undefined
      this.#credit.spend(this.#credit.available)
    }
    for (const { piece } of this.#ledger.loseAll(key)) this.#parts.queue.giveBack(piece)
    return attached
  }

  ready({ state, ...credit }: Messages['ready']): void {
    if (state !== undefined) this.#sinkState = state
    this.#begun = true
    this.#credit.grant(credit)
  }

  /**
   * Has the sender make durable what the sink has; says whether there is one. It is asked once for
   * each answer: a checkpoint may be due after it was attached, and again as soon as it is ready.
   */
  sync(): boolean {
    if (!this.#sender) return false
    if (!this.#asked) this.#sender.send('sync', {})
    this.#asked = true
    return true
  }

  confirm(key: string, { done, rejected = [], state, credit }: Confirm): void {
    const pieces: Piece[] = []
    for (const { from, to } of spansOfPairs(done)) {
      for (const { piece } of this.#ledger.finish(key, from, to)) pieces.push(piece)
    }
    if (state !== undefined) this.#sinkState = state
    if (this.#sender?.key === key) this.#credit.grant(credit)
    for (const piece of pieces) this.#parts.queue.decide(piece)
    const said = { ready: rejected.length === 0, takeEffect: () => this.#settle(pieces, rejected) }
    this.#hear(said)
    if (said.ready) return
    this.#parts.keep(rejected, () => {
      said.ready = true
      this.#takeEffect()
    })
  }

  mark(key: string, { state }: Messages['mark']): void {
    this.#hearOfCheckpoint(key, () => this.#parts.marked(state))
  }

  synced(key: string): void {
    this.#hearOfCheckpoint(key, () => {
      this.#asked = false
      this.#parts.synced()
    })
  }

  pump(): void {
    while (this.#sender && !this.#draining) {
      const piece = this.#parts.queue.take(this.#credit.available)
      if (!piece) return
      this.#ledger.lend(this.#sender.key, { piece, attempt: 1, since: this.#parts.now() })
      this.#credit.spendUpTo(amountOf(piece))
      const { from, to, skip, batch } = piece
      const lent = { from, count: to - from, skip, total: batch.width, bytes: bytesOf(piece) }
      this.#sender.send('results', lent, batch.payload)
      this.#parts.flow.moved('delivering', to - from)
    }
  }

  /** What a dead sender said about a checkpoint is void: its successor is asked again. */
  #hearOfCheckpoint(key: string, takeEffect: () => void): void {
    this.#hear({
      ready: true,
      takeEffect: () => {
        if (this.#sender?.key === key) takeEffect()
      },
    })
  }

  #hear(said: Said): void {
    this.#said.push(said)
    this.#takeEffect()
  }

  #takeEffect(): void {
    for (let first = this.#said.at(0); first?.ready; first = this.#said.at(0)) {
      this.#said.replace(0, 1, [])
      first.takeEffect()
    }
  }

  /** A record counts as delivered when all its results are; one that is rejected makes it a dead letter. */
  #settle(pieces: readonly Piece[], rejected: readonly Refusal[]): void {
    const { queue, account, flow, delivered, settled } = this.#parts
    const refused = new Set(rejected.map(({ place }) => place))
    account.counters.results -= refused.size
    for (const piece of pieces) {
      account.counters.results += piece.to - piece.from
      for (const { from, to, records, dead } of this.#completion.add(piece, refused)) {
        account.counters.deadLettered += dead
        account.counters.delivered += records - dead
        flow.delivered(piece.batch.readAt, records - dead)
        queue.settle({ from, to })
        delivered({ from, to })
      }
    }
    settled()
  }
}
