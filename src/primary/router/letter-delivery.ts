import { encodeBatch } from '../../codec/batch.js'
import type { Codec } from '../../codec/codec.js'
import type { LetterKeeper } from '../../dead-letters/letter-keeper.js'
import { MillraceError } from '../../errors.js'
import { Credit } from '../../flow/credit.js'
import type { Message, Messages } from '../../link/messages.js'
import type { DeadLetter } from '../../model/dead-letter.js'
import { spansOfPairs } from '../../model/pairs.js'
import type { LinkEnd } from '../processes/child-process.js'

/** A letter that the sink has not confirmed. */
interface Pending {
  readonly letter: DeadLetter
  readonly payload: Uint8Array
  kept(): void
  failed(error: MillraceError): void
}

/**
 * Delivers letters to a sink, through a sender of its own: one result each, whose value is the
 * letter and whose id is its record's. A letter is kept once the sink has confirmed it, which such
 * a sender does only when it is durable; what a dead one had in hand goes to the next.
 *
 * How many wait is bounded by whoever hands them over: see {@link DeadLetterOffice}.
 */
export class LetterDelivery implements LetterKeeper {
  readonly place: string
  readonly #codec: Codec
  readonly #credit = new Credit()
  /** In the order of their places, which is that of their keys. */
  readonly #pending = new Map<number, Pending>()
  /** Letters before this place are in the hand of the sender; those from here on are all pending. */
  #lentTo = 0
  #next = 0
  #sender: LinkEnd | undefined
  #kept = 0

  /**
   * @param place what the sink is called in messages
   * @param codec how its sender decodes
   */
  constructor(place: string, codec: Codec) {
    this.place = place
    this.#codec = codec
  }

  get count(): number {
    return this.#kept
  }

  get inHand(): number {
    return this.#pending.size - (this.#next - this.#lentTo)
  }

  get credit(): number {
    return this.#credit.available.records
  }

  keep(letter: DeadLetter): Promise<void> {
    const { id, key, headers } = letter
    const record = { values: [letter], ids: { list: [id] } }
    const about = { ...(key !== undefined && { keys: [key] }), ...(headers && { headers: [headers] }) }
    const payload = encodeBatch({ ...record, ...about }, this.#codec)
    return new Promise((kept, failed) => {
      this.#pending.set(this.#next++, { letter, payload, kept, failed })
      this.#pump()
    })
  }

  /** Nothing of a sink's is ever replayed. */
  async forget(): Promise<void> {}

  async settled(): Promise<void> {}

  async close(): Promise<void> {}

  attach(sender: LinkEnd): void {
    this.#sender = sender
  }

  /** The sender is gone: what it had not confirmed goes to the next. */
  detach(key: string): void {
    if (this.#sender?.key !== key) return
    this.#sender = undefined
    this.#credit.spend(this.#credit.available)
    const [first = this.#next] = this.#pending.keys()
    this.#lentTo = first
  }

  message(key: string, { kind, body }: Message): void {
    if (this.#sender?.key !== key) return
    if (kind === 'ready') this.#credit.grant(body)
    else if (kind === 'confirm') this.#confirm(body)
    this.#pump()
  }

  #pump(): void {
    while (this.#sender && this.#lentTo < this.#next && this.#mayLend) {
      const place = this.#lentTo++
      const { payload } = this.#pending.get(place)!
      const bytes = payload.byteLength
      this.#credit.spendUpTo({ records: 1, bytes })
      this.#sender.send('results', { from: place, count: 1, skip: 0, total: 1, bytes }, payload)
    }
  }

  /** A letter that is larger than any credit goes alone. */
  get #mayLend(): boolean {
    const { records, bytes } = this.#credit.available
    return records > 0 && bytes > 0
  }

  #confirm({ done, rejected = [], credit }: Messages['confirm']): void {
    this.#credit.grant(credit)
    const reasons = new Map(rejected.map(({ place, reason }) => [place, reason]))
    for (const { from, to } of spansOfPairs(done)) {
      for (let place = from; place < to; place++) {
        const pending = this.#pending.get(place)
        if (!pending) continue
        this.#pending.delete(place)
        const reason = reasons.get(place)
        if (reason !== undefined) pending.failed(this.#refused(pending.letter, reason))
        else {
          this.#kept++
          pending.kept()
        }
      }
    }
  }

  #refused({ id }: DeadLetter, reason: string): MillraceError {
    return new MillraceError(
      'deadletter_unwritable',
      `${this.place} rejected the dead letter of ${id}: ${reason}; without it no record may be given up. Have it take every letter, or set \`deadLetter.to\` to a file`,
    )
  }
}
