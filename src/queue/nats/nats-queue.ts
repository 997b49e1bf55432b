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
import { Resequencer } from './resequencer.js'
import type { OpenedStream, StreamNames } from './stream.js'
import { decodeBatch, encodeBatch, encodedLength, type PlacedBatch } from './wire.js'

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
 *   offer → Publisher ──→ work-queue stream ──→ Puller → Resequencer → MemoryQueue → take … settle
 *                                                 ↓ hold                                      ↓
 *                                             Deliveries ←────────────────────────────────────┘ acknowledge
 * ```
 *
 * Both ends are in this process, so the bound is counted here: what was offered and did not come
 * out of the stream again, and what did and is not decided. The stream has the messages in the
 * order they were offered in. One whose delivery is lost is delivered again, `ACK_WAIT_MS` later at
 * the latest; what follows it waits for it, so that order holds on every transport.
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
  /** What was offered and is not in `#fetched` yet. */
  #onTheWay: Amount = nothing
  readonly #resequencer = new Resequencer<PlacedBatch>()
  /** One beyond the last place that was offered. */
  #nextPlace = 0
  readonly #blockage: Blockage
  #closing: Promise<void> | undefined

  constructor(parts: NatsQueueParts) {
    const { nc, stream, names, capacity, clock, maxMessages } = parts
    const js = jetstream(nc)
    const { largestBody, largestBatch } = messageLimits(nc.info?.max_payload ?? 0, capacity)
    this.#parts = parts
    this.capacity = capacity
    this.#largestBody = largestBody
    this.largestBatch = largestBatch
    this.#fetched = new MemoryQueue(capacity, {
      readable: () => parts.listener.readable(),
      writable: () => parts.listener.writable(),
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
      clock,
      listener: {
        stored: () => this.#tellWhenEmpty(),
        refused: (reason) => this.#blockage.set('storage', reason),
        failed: (error) => this.#fail(error),
      },
    })
    this.#puller = new Puller({
      js,
      jsm: stream.jsm,
      names,
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
    const { records, bytes } = minus(this.capacity, this.size)
    return { records: Math.max(0, records), bytes: Math.max(0, bytes) }
  }

  get size(): Amount {
    return plus(this.#fetched.size, this.#onTheWay)
  }

  get waiting(): number {
    return this.#fetched.waiting
  }

  get next(): Piece | undefined {
    return this.#fetched.next
  }

  get empty(): boolean {
    return this.#onTheWay.records === 0 && this.#deliveries.size === 0 && this.#publisher.pending === 0
  }

  /** @throws MillraceError `record_too_large` when the server takes no message of this size */
  offer(batch: Batch, from: number, overdraft = false): void {
    if (from < this.#nextPlace) {
      throw new InvariantError(`place ${from} was offered after ${this.#nextPlace - 1}`)
    }
    const length = encodedLength(batch)
    if (length > this.#largestBody) {
      throw new MillraceError(
        'record_too_large',
        `A batch of ${length} bytes is larger than the ${this.#largestBody} that the NATS server takes. Raise max_payload in the server's configuration, or make the records smaller.`,
      )
    }
    const amount = wholeOf(batch)
    const { room } = this
    if (!overdraft && !fits(amount, room) && this.size.records > 0) {
      throw new InvariantError(
        `a batch of ${amount.records} records, ${amount.bytes} bytes was offered, the room is ${room.records} records, ${room.bytes} bytes`,
      )
    }
    this.#nextPlace = from + batch.width
    this.#onTheWay = plus(this.#onTheWay, amount)
    this.#publisher.push(encodeBatch({ batch, place: from }))
  }

  take(limit: Amount, before?: number): Piece | undefined {
    return this.#fetched.take(limit, before)
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
    this.#deliveries.settle(places)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { nc, clock } = this.#parts
    this.#publisher.close()
    await this.#puller.close()
    await this.#deliveries.close()
    const stopWaiting = clock.after(DRAIN_TIMEOUT_MS, () => void nc.close())
    if (this.#blockage.disconnected) await nc.close()
    else await nc.drain().catch(() => nc.close())
    stopWaiting()
  }

  #receive(message: JsMsg): void {
    const { seq: sequence } = message
    const reply = replySubject(message)
    if (this.#deliveries.recognizes(sequence, reply)) return
    const number = numberOfOurs(this.#run, message.headers?.get(MESSAGE_ID))
    const placed = decodeBatch(message.data)
    if (number === undefined) this.#reportStranger(sequence, placed)
    else this.#publisher.seen(number)
    // What is known was stored twice: published again when the server had forgotten its id.
    if (number === undefined || this.#resequencer.knows(number)) {
      this.#deliveries.reject(sequence, reply)
      return
    }
    if ('unreadable' in placed) {
      this.#fail(damaged(this.#parts.names.stream, sequence, placed.unreadable))
      return
    }
    const { batch, place } = placed
    this.#deliveries.hold(sequence, reply, { from: place, to: place + batch.width })
    for (const due of this.#resequencer.accept(number, placed)) this.#enter(due)
  }

  /** Makes a batch takeable. It was let in when it was offered. */
  #enter({ batch, place }: PlacedBatch): void {
    this.#fetched.offer(batch, place, true)
    this.#onTheWay = minus(this.#onTheWay, wholeOf(batch))
  }

  #reportStranger(sequence: number, placed: ReturnType<typeof decodeBatch>): void {
    const { names, log } = this.#parts
    const why = 'unreadable' in placed ? placed.unreadable : 'it is of another run'
    log.error(
      { stream: names.stream, sequence },
      `message ${sequence} of ${names.stream} was thrown away: ${why}; let nothing else publish to ${names.subject}`,
    )
  }

  #acknowledged(): void {
    this.#publisher.roomMade()
    this.#tellWhenEmpty()
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

/** What we published cannot be read. Without it nothing behind it could ever go on. */
const damaged = (stream: string, sequence: number, why: string): MillraceError =>
  new MillraceError(
    'broker_unfit',
    `Message ${sequence} of the stream ${stream} came back damaged: ${why}. Start the pipeline again; it resumes from its checkpoint.`,
  )

/** What a batch counts for in the bound. */
const wholeOf = (batch: Batch): Amount => amountOf({ batch, from: 0, to: batch.width, skip: 0 })
