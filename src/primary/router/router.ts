import { codecNamed } from '../../codec/codec.js'
import type { Config } from '../../config/config.js'
import { Account } from '../../flow/account.js'
import type { Activity, Message, Messages } from '../../link/messages.js'
import type { Clock } from '../../model/clock.js'
import type { OpenQueue, Queue } from '../../queue/contract.js'
import type { EventListener } from '../../telemetry/events.js'
import type { ChildProcess } from '../processes/child-process.js'
import { BatchReader } from './batch-reader.js'
import { type DeadLetter, DeadLetterFile } from './dead-letters.js'
import { Delivery } from './delivery.js'
import { Dispatch } from './dispatch.js'
import { Intake } from './intake.js'
import { letterOfFailure, letterOfRefusal, letterOfRejection } from './letters.js'
import { Retries } from './retries.js'

export interface RouterParts {
  readonly config: Config
  readonly clock: Clock
  readonly openQueue: OpenQueue
  readonly emit: EventListener
  /** A process did some of its work. */
  progressed(child: ChildProcess, activity?: Activity): void
  /** A queue is out of order for now, or works again. */
  blocked(which: string, reason: string | undefined): void
  failed(error: unknown): void
  /** Something moved: called once after everything that happened together. */
  moved(): void
}

/**
 * The data side of the primary: both queues, and between and around them intake, dispatch and
 * delivery. It knows processes only as ends of links; who they are and whether they live is the
 * supervisor's.
 *
 * ```
 *   writer ─→ Intake ─→ in-queue ─→ Dispatch ─→ workers ─→ out-queue ─→ Delivery ─→ sender
 *                                   Retries ⟲
 * ```
 */
export class Router {
  readonly account = new Account()
  readonly letters: DeadLetterFile
  readonly inQueue: Queue
  readonly outQueue: Queue | undefined
  readonly intake: Intake
  readonly dispatch: Dispatch
  readonly delivery: Delivery | undefined
  readonly retries: Retries
  readonly #parts: RouterParts
  #lastSettled: number | undefined
  #settledBefore = 0
  #pumpDue = false
  /** Letters on their way to disk; the run does not end before they are there. */
  #keeping = 0
  readonly #mostOutside: number

  static async open(parts: RouterParts): Promise<Router> {
    const { config, openQueue } = parts
    let router: Router | undefined
    const listener = (which: 'in' | 'out') => ({
      readable: () => router?.pumpSoon(),
      writable: () => router?.pumpSoon(),
      secured: (places: { from: number; to: number }) => {
        if (which === 'out') router?.dispatch.secured(places)
      },
      blocked: (reason: string | undefined) => parts.blocked(`${which}-queue`, reason),
      failed: parts.failed,
    })
    const bytes = config.queueBytes
    const inQueue = await openQueue('in', { records: config.inQueue, bytes }, listener('in'))
    const outQueue =
      config.sender && (await openQueue('out', { records: config.outQueue, bytes }, listener('out')))
    router = new Router(parts, inQueue, outQueue)
    return router
  }

  private constructor(parts: RouterParts, inQueue: Queue, outQueue: Queue | undefined) {
    const { config, clock, emit } = parts
    const { account } = this
    const codec = codecNamed(config.codec)
    const reader = new BatchReader(codec)
    const now = () => clock.now()
    this.#parts = parts
    this.inQueue = inQueue
    this.outQueue = outQueue
    this.#mostOutside = config.inQueue
    this.letters = new DeadLetterFile(config.deadLetter.to, (slow) =>
      parts.blocked('dead letters', slow ? `${config.deadLetter.to} takes long to write` : undefined),
    )
    this.intake = new Intake(inQueue, account)
    this.retries = new Retries({
      policy: config.retry,
      clock,
      extract: (piece) => reader.extract(piece),
      retried: (_, { id, message }, attempt, inMs) => {
        account.counters.retried++
        emit({ type: 'recordRetried', id, attempt, inMs, error: message })
      },
      giveUp: (piece, attempts, failure) =>
        void this.#bury([letterOfFailure(reader.recordOf(piece), attempts, failure)], () => {
          account.counters.deadLettered++
          inQueue.settle({ from: piece.from, to: piece.to })
        }),
      wake: () => this.pumpSoon(),
    })
    const full = () => this.#full
    this.dispatch = new Dispatch({ inQueue, outQueue, account, retries: this.retries, full, now })
    this.delivery =
      outQueue &&
      new Delivery({
        queue: outQueue,
        account,
        keep: (refusals, then) =>
          void this.#bury(
            refusals.map((refusal) => letterOfRejection(refusal, codec)),
            then,
          ),
        settled: () => this.pumpSoon(),
        now,
      })
  }

  /** When the last record was settled; on the clock of the parts. */
  get lastSettled(): number | undefined {
    return this.#lastSettled
  }

  /** Nothing more will come, and nothing is left. */
  get finished(): boolean {
    return (
      this.intake.ended &&
      this.account.inFlight === 0 &&
      this.#keeping === 0 &&
      this.inQueue.empty &&
      (this.outQueue?.empty ?? true)
    )
  }

  /** So many records wait outside of the queues, for a retry or for the disk, that nothing new should begin. */
  get #full(): boolean {
    return this.retries.waiting + this.#keeping >= this.#mostOutside
  }

  attach(child: ChildProcess): void {
    if (child.place.role === 'writer') this.intake.attach(child)
    else if (child.place.role === 'worker') this.dispatch.attach(child)
    else this.delivery?.attach(child)
    this.pumpSoon()
  }

  /** A process is gone; what it held goes out again. Returns how many records that were. */
  detach(child: ChildProcess): number {
    const { key, place } = child
    const returned = this.inHand(child)
    if (place.role === 'writer') this.intake.detach(child)
    else if (place.role === 'worker') this.dispatch.detach(key)
    else this.delivery?.detach(key)
    this.pumpSoon()
    return returned
  }

  inHand({ key, place }: ChildProcess): number {
    return place.role === 'worker' ? this.dispatch.inHand(key) : (this.delivery?.inHand(key) ?? 0)
  }

  credit({ key, place }: ChildProcess): number {
    if (place.role === 'writer') return this.intake.granted
    return place.role === 'worker' ? this.dispatch.creditOf(key) : (this.delivery?.credit ?? 0)
  }

  /** Takes in what a child says about data. */
  message(child: ChildProcess, { kind, body, payload }: Message): void {
    const { key, place } = child
    if (kind === 'batch') this.intake.accept(body, payload)
    else if (kind === 'refused') this.#refused(body)
    else if (kind === 'end') this.intake.end()
    else if (kind === 'need') this.dispatch.need(key, body)
    else if (kind === 'ready' && place.role === 'worker') this.dispatch.ready(key, body)
    else if (kind === 'ready') this.delivery?.ready(body)
    else if (kind === 'report') this.dispatch.report(key, body, payload)
    else if (kind === 'confirm') this.delivery?.confirm(key, body)
    if (kind === 'batch') this.#parts.progressed(child)
    else if (kind === 'report' || kind === 'confirm') this.#parts.progressed(child, body.activity)
    this.pumpSoon()
  }

  /** Moves what can be moved, once for everything that happened in this turn. */
  pumpSoon(): void {
    if (this.#pumpDue) return
    this.#pumpDue = true
    queueMicrotask(() => {
      this.#pumpDue = false
      this.dispatch.pump()
      this.delivery?.pump()
      if (!this.#full) this.intake.grant(this.dispatch.batchTarget)
      const { settled } = this.account
      if (settled !== this.#settledBefore) this.#lastSettled = this.#parts.clock.now()
      this.#settledBefore = settled
      this.#parts.moved()
    })
  }

  async close(): Promise<void> {
    this.retries.clear()
    await this.inQueue.close()
    await this.outQueue?.close()
    await this.letters.close()
  }

  #refused(refused: Messages['refused']): void {
    this.intake.acceptRefused(refused)
    void this.#bury([letterOfRefusal(refused)], () => this.account.counters.deadLettered++)
  }

  /** Keeps letters, and then does what may only be done once they are durable. */
  async #bury(letters: readonly DeadLetter[], then: () => void = () => {}): Promise<void> {
    this.#keeping += letters.length
    try {
      await Promise.all(letters.map((letter) => this.letters.keep(letter)))
      for (const { id, attempts, error } of letters) {
        const file = this.letters.path
        this.#parts.emit({ type: 'recordDeadLettered', id, attempts, error: error.message, file })
      }
      then()
    } catch (error) {
      this.#parts.failed(error)
    } finally {
      this.#keeping -= letters.length
      this.pumpSoon()
    }
  }
}
