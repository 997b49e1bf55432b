import type { JsMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { InvariantError } from '../../flow/invariant.js'
import type { Clock } from '../../model/clock.js'
import { Ranges } from '../../model/ranges.js'
import type { Span } from '../../model/span.js'
import { ACK_WAIT_MS } from './stream.js'

const ACK = '+ACK'
const WORKING = '+WPI'
const TERM = '+TERM'

/** Milliseconds between two signs of work on what is held: two may be lost before the server gives up on us. */
const WORKING_EVERY_MS = ACK_WAIT_MS / 3

/** Milliseconds that the server has to confirm an acknowledgement. */
const ACK_TIMEOUT_MS = 3000

/** The subject that a delivery is acknowledged on. The client's type hides it; its object has it. */
export function replySubject(message: JsMsg): string {
  if ('reply' in message && typeof message.reply === 'string') return message.reply
  throw new InvariantError(`message ${message.seq} came without a subject to acknowledge it on`)
}

/** A message that was delivered and whose acknowledgement the server has not confirmed. */
interface Held {
  readonly sequence: number
  readonly places: Span
  /** Places that are not settled. */
  unsettled: number
  /** Subject that says which delivery an acknowledgement is for: that of the latest one. */
  reply: string
  acking: boolean
}

/**
 * The messages that this side has been given and owes an acknowledgement for.
 *
 * Acknowledgements are sent as requests by hand, since those of the client's own message object
 * can be sent once only, and would keep its body in memory until then.
 */
export class Deliveries {
  readonly #nc: NatsConnection
  readonly #clock: Clock
  readonly #acknowledged: (message: Span) => void
  readonly #held = new Map<number, Held>()
  /** The same, in the order of their places; entries whose message is gone are swept now and then. */
  #byPlace: Held[] = []
  readonly #done = new Ranges()
  #stopTimer: (() => void) | undefined

  /** @param acknowledged told once for each message that the server has let go, by its places */
  constructor(nc: NatsConnection, clock: Clock, acknowledged: (places: Span) => void) {
    this.#nc = nc
    this.#clock = clock
    this.#acknowledged = acknowledged
  }

  get size(): number {
    return this.#held.size
  }

  /**
   * Whether a delivery is not the first of its message. One that is held goes on being held, under
   * the new delivery; one that was acknowledged is so again (a server that was killed may forget).
   */
  recognizes(sequence: number, reply: string): boolean {
    const held = this.#held.get(sequence)
    if (held) {
      held.reply = reply
      return true
    }
    if (!this.#done.covers(sequence, sequence + 1)) return false
    this.#nc.publish(reply, ACK)
    return true
  }

  /** Holds a message until all of its places are settled. */
  hold(sequence: number, reply: string, places: Span): void {
    const held: Held = { sequence, places, reply, unsettled: places.to - places.from, acking: false }
    this.#held.set(sequence, held)
    this.#byPlace.splice(this.#firstEndingAfter(places.from), 0, held)
    this.#stopTimer ??= this.#clock.after(WORKING_EVERY_MS, () => this.#tick())
  }

  /** Has the server drop a message for good. */
  reject(sequence: number, reply: string): void {
    this.#done.add(sequence, sequence + 1)
    this.#nc.publish(reply, TERM)
  }

  /** Acknowledges every message of which these were the last unsettled places. */
  settle({ from, to }: Span): void {
    for (let at = this.#firstEndingAfter(from); at < this.#byPlace.length; at++) {
      const held = this.#byPlace[at]!
      if (held.places.from >= to) break
      held.unsettled -= Math.min(held.places.to, to) - Math.max(held.places.from, from)
      if (held.unsettled === 0) void this.#acknowledge(held)
    }
  }

  /**
   * Acknowledges what is wholly settled and was not confirmed yet, so that the next run does not
   * count it among what it discards; then stops. The rest is left to lie.
   */
  async close(): Promise<void> {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    const settled = [...this.#held.values()].filter((held) => held.unsettled === 0)
    await Promise.all(settled.map((held) => this.#acknowledge(held)))
  }

  async #acknowledge(held: Held): Promise<void> {
    if (held.acking) return
    held.acking = true
    try {
      await this.#nc.request(held.reply, ACK, { timeout: ACK_TIMEOUT_MS })
    } catch {
      // Not confirmed: the timer tries again, or a new delivery of the message does.
      held.acking = false
      return
    }
    this.#held.delete(held.sequence)
    this.#done.add(held.sequence, held.sequence + 1)
    this.#sweep()
    this.#acknowledged(held.places)
  }

  /** Keeps the server from delivering again what is held, and repeats acknowledgements that went unheard. */
  #tick(): void {
    this.#stopTimer = undefined
    for (const held of this.#held.values()) {
      if (held.unsettled > 0) this.#nc.publish(held.reply, WORKING)
      else void this.#acknowledge(held)
    }
    if (this.#held.size > 0) {
      this.#stopTimer = this.#clock.after(WORKING_EVERY_MS, () => this.#tick())
    }
  }

  #sweep(): void {
    if (this.#byPlace.length <= 2 * this.#held.size + 64) return
    this.#byPlace = this.#byPlace.filter(({ sequence }) => this.#held.has(sequence))
  }

  #firstEndingAfter(place: number): number {
    let low = 0
    let high = this.#byPlace.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#byPlace[middle]!.places.to > place) high = middle
      else low = middle + 1
    }
    return low
  }
}
