import { randomUUID } from 'node:crypto'
import { type JsMsg, jetstream } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import type { NatsTransport } from '../../config/config.js'
import { MillraceError } from '../../errors.js'
import { InvariantError } from '../../flow/invariant.js'
import { type Amount, fits, minus, nothing, plus } from '../../model/amount.js'
import { amountOf, type Batch, type Piece } from '../../model/batch.js'
import type { Clock } from '../../model/clock.js'
import type { Logger } from '../../model/logger.js'
import type { Span } from '../../model/span.js'
import type { Queue, QueueListener } from '../contract.js'
import { MemoryQueue } from '../memory.js'
import { Blockage } from './blockage.js'
import { connectionError, namesOf } from './connection.js'
import { Deliveries, replySubject } from './deliveries.js'
import { messageLimits } from './limits.js'
import { MESSAGE_ID, numberOfOurs } from './message-id.js'
import { Publisher } from './publisher.js'
import { Puller } from './puller.js'
import type { OpenedStream, StreamNames } from './stream.js'
import { decodeBatch, encodeBatch, encodedLength } from './wire.js'

/** Milliseconds that the server has to take what is left when the queue closes. */
const DRAIN_TIMEOUT_MS = 3000

export interface NatsQueueParts {
  readonly nc: NatsConnection
  readonly stream: OpenedStream
  readonly names: StreamNames
  readonly transport: NatsTransport
  readonly capacity: Amount
  /** Messages that the server keeps for us at the most, waiting and unacknowledged. */
  readonly maxMessages: number
  readonly listener: QueueListener
  readonly log: Logger
  readonly clock: Clock
}

/**
 * The queue of the `nats` transport: kept by JetStream, one message for each batch.
 *
 * ```
 *   offer → Publisher ──→ work-queue stream ──→ Puller → MemoryQueue → take … settle
 *              ↓ stored                                      ↑ hold        ↓
 *           secured                                      Deliveries ←──────┘ acknowledge
 * ```
 *
 * Both ends are in this process, so the bound is counted here: what was offered and not yet
 * fetched again, and what was fetched and not decided. Places are numbered twice: as they are
 * offered, and as messages are fetched, which begins with what an earlier run left behind.
 */
export class NatsQueue implements Queue {
  readonly capacity: Amount
  readonly largestBatch: number
  readonly #largestBody: number
  readonly #parts: NatsQueueParts
  readonly #run = randomUUID()
  readonly #publisher: Publisher
  readonly #puller: Puller
  readonly #deliveries: Deliveries
  /** What was fetched and is not decided. */
  readonly #fetched: MemoryQueue
  /** What was offered and not fetched yet. */
  #onTheWay: Amount = nothing
  /** Messages of an earlier run that are still to be fetched. Until then nobody knows their size, and there is no room. */
  #leftovers: number
  /** Where the producer's places of each message that is not stored end, in order. */
  readonly #unstored: number[] = []
  /** Messages that are stored, and the end of their places. */
  #stored = { messages: 0, to: 0 }
  #nextPlace = 0
  readonly #blockage: Blockage
  #wakeUp: (() => void) | undefined
  #closing: Promise<void> | undefined

  constructor(parts: NatsQueueParts) {
    const { nc, stream, names, capacity, clock, maxMessages } = parts
    const js = jetstream(nc)
    const { largestBody, largestBatch, prefetch } = messageLimits(nc.info?.max_payload ?? 0, capacity)
    this.#parts = parts
    this.capacity = capacity
    this.#largestBody = largestBody
    this.largestBatch = largestBatch
    this.#leftovers = stream.waiting
    this.#fetched = new MemoryQueue(capacity, {
      readable: () => parts.listener.readable(),
      writable: () => this.#madeRoom(),
      secured: (places) => this.#deliveries.settle(places),
      blocked: () => {},
      failed: () => {},
    })
    this.#blockage = new Blockage((reason) => parts.listener.blocked(reason))
    this.#deliveries = new Deliveries(nc, clock, () => this.#acknowledged())
    this.#publisher = new Publisher({
      js,
      jsm: stream.jsm,
      names,
      run: this.#run,
      lastSequence: stream.lastSequence,
      clock,
      listener: {
        stored: (messages) => this.#secure(messages),
        refused: (reason) => this.#blockage.set('storage', reason),
        failed: (error) => this.#fail(error),
      },
    })
    this.#puller = new Puller({
      js,
      jsm: stream.jsm,
      names,
      prefetch,
      maxAckPending: maxMessages,
      clock,
      onMessage: (message) => this.#receive(message),
      onFailure: (error) => this.#fail(error),
    })
  }

  /** Begins to fetch. Called once, before anything else. */
  async start(): Promise<void> {
    const { nc, transport } = this.#parts
    void this.#watchConnection()
    void nc.closed().then((error) => this.#fail(connectionError(transport, error)))
    await this.#puller.start()
  }

  get room(): Amount {
    if (this.#leftovers > 0) return nothing
    const { records, bytes } = minus(this.capacity, this.size)
    return { records: Math.max(0, records), bytes: Math.max(0, bytes) }
  }

  get size(): Amount {
    return plus(this.#fetched.size, this.#onTheWay)
  }

  get waiting(): number {
    return this.#fetched.waiting
  }

  get empty(): boolean {
    return (
      this.#leftovers === 0 &&
      this.#onTheWay.records === 0 &&
      this.#deliveries.size === 0 &&
      this.#publisher.pending === 0
    )
  }

  /** @throws MillraceError `record_too_large` when the server takes no message of this size */
  offer(batch: Batch, overdraft = false): Span {
    const length = encodedLength(batch)
    if (length > this.#largestBody) {
      throw new MillraceError(
        'record_too_large',
        `A batch of ${length} bytes is larger than the ${this.#largestBody} that the NATS server takes. Raise max_payload in the server's configuration, or make the records smaller.`,
      )
    }
    const amount = wholeOf(batch)
    const { room } = this
    const admitted = fits(amount, room) || (this.size.records === 0 && this.#leftovers === 0)
    if (!admitted && !overdraft) {
      throw new InvariantError(
        `a batch of ${amount.records} records, ${amount.bytes} bytes was offered, the room is ${room.records} records, ${room.bytes} bytes`,
      )
    }
    const from = this.#nextPlace
    this.#nextPlace += batch.width
    this.#onTheWay = plus(this.#onTheWay, amount)
    this.#unstored.push(this.#nextPlace)
    this.#publisher.push(encodeBatch(batch))
    return { from, to: this.#nextPlace }
  }

  take(limit: Amount): Piece | undefined {
    return this.#fetched.take(limit)
  }

  giveBack(piece: Piece): void {
    this.#fetched.giveBack(piece)
  }

  setAside(piece: Piece): void {
    this.#fetched.setAside(piece)
  }

  decide(piece: Piece): void {
    this.#fetched.decide(piece)
  }

  settle(places: Span): void {
    this.#fetched.settle(places)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { nc, clock } = this.#parts
    this.#wakeUp?.()
    await this.#publisher.close()
    await this.#puller.close()
    await this.#deliveries.close()
    const stopWaiting = clock.after(DRAIN_TIMEOUT_MS, () => void nc.close())
    if (this.#blockage.disconnected) await nc.close()
    else await nc.drain().catch(() => nc.close())
    stopWaiting()
  }

  /** Takes a message in: at once what this run offered, since it had room then; another as soon as it has. */
  async #receive(message: JsMsg): Promise<void> {
    const sequence = message.seq
    const reply = replySubject(message)
    if (this.#deliveries.recognizes(sequence, reply)) return
    const number = numberOfOurs(this.#run, message.headers?.get(MESSAGE_ID))
    if (number !== undefined) this.#publisher.seen(number)
    const batch = decodeBatch(message.data)
    if ('unreadable' in batch) {
      const { names, log } = this.#parts
      log.error(
        { stream: names.stream, sequence },
        `message ${sequence} of ${names.stream} was thrown away: ${batch.unreadable}; let nothing else publish to ${names.subject}`,
      )
      this.#deliveries.reject(sequence, reply)
      this.#passLeftover(message)
      return
    }
    if (number === undefined) await this.#roomFor(batch)
    else this.#onTheWay = minus(this.#onTheWay, wholeOf(batch))
    if (this.#closing) {
      message.nak()
      return
    }
    this.#deliveries.hold(sequence, reply, this.#fetched.offer(batch, number !== undefined))
    this.#passLeftover(message)
  }

  async #roomFor(batch: Batch): Promise<void> {
    const amount = wholeOf(batch)
    while (!this.#closing && !fits(amount, this.#fetched.room) && this.#fetched.size.records > 0) {
      await new Promise<void>((resolve) => {
        this.#wakeUp = resolve
      })
    }
  }

  /** Counts down the leftovers; one that the server did not have after all must not close the room for ever. */
  #passLeftover({ seq, info }: JsMsg): void {
    if (this.#leftovers === 0) return
    this.#leftovers--
    if (seq >= this.#parts.stream.lastSequence || info.pending === 0) this.#leftovers = 0
    if (this.#leftovers === 0) this.#parts.listener.writable()
  }

  #secure(messages: number): void {
    const ends = this.#unstored.splice(0, messages - this.#stored.messages)
    const from = this.#stored.to
    this.#stored = { messages, to: ends.at(-1) ?? from }
    this.#parts.listener.secured({ from, to: this.#stored.to })
    this.#tellWhenEmpty()
  }

  #acknowledged(): void {
    this.#publisher.roomMade()
    this.#tellWhenEmpty()
  }

  #madeRoom(): void {
    this.#wakeUp?.()
    this.#parts.listener.writable()
  }

  #tellWhenEmpty(): void {
    if (this.empty && !this.#closing) this.#parts.listener.writable()
  }

  async #watchConnection(): Promise<void> {
    for await (const status of this.#parts.nc.status()) {
      if (this.#closing) return
      if (status.type === 'disconnect') {
        this.#blockage.set('connection', `NATS server ${namesOf(this.#parts.transport)} is not reachable`)
      } else if (status.type === 'reconnect') {
        this.#blockage.set('connection', undefined)
        this.#publisher.reconnected()
      }
    }
  }

  #fail(error: Error): void {
    if (!this.#closing) this.#parts.listener.failed(error)
  }
}

/** What a batch counts for in the bound. */
const wholeOf = (batch: Batch): Amount => amountOf({ batch, from: 0, to: batch.width, skip: 0 })
