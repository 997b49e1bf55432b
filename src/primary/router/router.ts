import { codecNamed } from '../../codec/codec.js'
import type { Config } from '../../config/config.js'
import { letterPlaceName } from '../../config/dead-letter-place.js'
import { DeadLetterFile } from '../../dead-letters/dead-letter-file.js'
import type { LetterKeeper } from '../../dead-letters/letter-keeper.js'
import {
  letterOfDeaths,
  letterOfFailure,
  letterOfRefusal,
  letterOfRejection,
} from '../../dead-letters/letters.js'
import { Account } from '../../flow/account.js'
import { GiveUps } from '../../flow/give-ups.js'
import type { Holding } from '../../flow/ledger.js'
import { RateLimit } from '../../flow/rate.js'
import type { Activity, Message, Messages } from '../../link/messages.js'
import type { Clock } from '../../model/clock.js'
import type { Counters } from '../../model/counters.js'
import type { DeadLetter } from '../../model/dead-letter.js'
import { joinSpans, type Span } from '../../model/span.js'
import type { OpenQueue, Queue } from '../../queue/contract.js'
import type { EventListener } from '../../telemetry/events.js'
import type { Checkpoints } from '../checkpoints.js'
import type { ChildProcess } from '../processes/child-process.js'
import { LETTER_CODEC, LETTERS } from '../topology.js'
import { Backlog } from './backlog.js'
import { BatchReader } from './batch-reader.js'
import { DeadLetterOffice } from './dead-letter-office.js'
import { Delivery } from './delivery.js'
import { Dispatch } from './dispatch.js'
import { FlowMeter } from './flow-meter.js'
import { InputOrder } from './input-order.js'
import { Intake } from './intake.js'
import { KeyOrder } from './key-order.js'
import { LetterDelivery } from './letter-delivery.js'
import { isReplay, Replays } from './replays.js'
import { Retries } from './retries.js'
import { type Casualty, type Guilt, Suspects } from './suspects.js'

export interface RouterParts {
  readonly config: Config
  readonly clock: Clock
  readonly openQueue: OpenQueue
  readonly checkpoints: Checkpoints
  /** Records to read in this run at the most. */
  readonly limit?: number | undefined
  readonly emit: EventListener
  /** A process did some of its work. */
  progressed(child: ChildProcess, activity?: Activity): void
  /** A record was given up because of these deaths, which are on its account and not on the processes'. */
  pardon(guilt: Guilt): void
  /** More is given up than should be without somebody looking. */
  tooManyGivenUp(): void
  /** A queue is out of order for now, or works again. */
  blocked(which: string, reason: string | undefined): void
  failed(error: unknown): void
  /** Something moved: called once after everything that happened together. */
  moved(): void
}

/** What came of the death of a process. */
export interface Loss {
  /** Records that it had in hand; they go out again. */
  readonly returned: number
  /** Whether records are to blame. */
  readonly named: boolean
  /** Whether it had taken up its role. */
  readonly attached: boolean
}

/**
 * The data side of the primary: both queues, and between and around them intake, dispatch and
 * delivery. It knows processes only as ends of links; who they are and whether they live is the
 * supervisor's.
 *
 * ```
 *   writer ─→ Intake ─→ in-queue ─→ Backlog ─→ Dispatch ─→ workers ─→ out-queue ─→ Delivery ─→ sender
 *                 └──── read ──→ Checkpoints ←── settled ───┴────────── delivered ─────┘
 * ```
 */
export class Router {
  readonly account = new Account()
  readonly letters: LetterKeeper
  /** The file, if that is where letters go. */
  readonly letterFile: DeadLetterFile | undefined
  /** The way to the sink, if they go to one. */
  readonly letterDelivery: LetterDelivery | undefined
  readonly inQueue: Queue
  readonly outQueue: Queue | undefined
  readonly intake: Intake
  readonly dispatch: Dispatch
  readonly delivery: Delivery | undefined
  readonly retries: Retries
  readonly rate: RateLimit
  readonly replays: Replays
  readonly flow: FlowMeter
  /** Present when the records of a key are kept in order. */
  readonly keyOrder: KeyOrder | undefined
  readonly #parts: RouterParts
  readonly #reader: BatchReader
  readonly #backlog: Backlog
  readonly #office: DeadLetterOffice
  readonly #giveUps = new GiveUps()
  #lastSettled: number | undefined
  /** Since when something is in flight. */
  #inFlightSince: number | undefined
  #before = { settled: 0, deadLettered: 0 }
  #pumpDue = false
  #cancelRateTimer: (() => void) | undefined
  readonly #mostOutside: number

  static async open(parts: RouterParts): Promise<Router> {
    const { config, openQueue } = parts
    let router: Router | undefined
    const listener = (which: 'in' | 'out') => ({
      readable: () => router?.pumpSoon(),
      writable: () => router?.pumpSoon(),
      blocked: (reason: string | undefined) => parts.blocked(`${which}-queue`, reason),
      failed: parts.failed,
    })
    const letters = await openLetters(parts)
    const bytes = config.queueBytes
    try {
      const inQueue = await openQueue('in', { records: config.inQueue, bytes }, listener('in'))
      const outQueue =
        config.sender && (await openQueue('out', { records: config.outQueue, bytes }, listener('out')))
      router = new Router(parts, letters, inQueue, outQueue)
      return router
    } catch (error) {
      await letters.close()
      throw error
    }
  }

  private constructor(
    parts: RouterParts,
    letters: DeadLetterFile | LetterDelivery,
    inQueue: Queue,
    outQueue: Queue | undefined,
  ) {
    const { config, clock, emit, checkpoints } = parts
    const { account } = this
    const codec = codecNamed(config.codec)
    const reader = new BatchReader(codec)
    this.#reader = reader
    const now = () => clock.now()
    const suspects = new Suspects()
    const flow = new FlowMeter(now)
    this.flow = flow
    this.#parts = parts
    this.inQueue = inQueue
    this.outQueue = outQueue
    this.#mostOutside = config.inQueue
    this.letters = letters
    this.letterFile = letters instanceof LetterDelivery ? undefined : letters
    this.letterDelivery = letters instanceof LetterDelivery ? letters : undefined
    this.rate = new RateLimit(config.rate, now())
    this.replays = new Replays({
      codec,
      most: config.inQueue,
      lend: (piece) => this.retries.again(piece, 1),
      deliver: outQueue && ((results) => this.dispatch.deliverAgain(results)),
      taken: () => account.counters.read++,
      settled: () => {
        if (checkpoints.keeps) checkpoints.touch()
        else this.replays.forget(this.replays.done).catch(parts.failed)
        this.pumpSoon()
      },
      forget: (ids) => letters.forget(ids),
      failed: parts.failed,
      now,
    })
    this.#office = new DeadLetterOffice({
      keeper: letters,
      replays: this.replays,
      emit,
      failed: parts.failed,
      kept: () => this.pumpSoon(),
    })
    this.intake = new Intake({
      queue: inQueue,
      account,
      from: checkpoints.from,
      limit: parts.limit,
      flow,
      read: (place, position) => checkpoints.read(place, position),
      passed: (places) => this.dispatch.passed(places),
      now,
    })
    this.retries = new Retries({
      policy: config.retry,
      clock,
      extract: (piece) => reader.extract(piece),
      retried: (_, { id, message }, attempt, inMs) => {
        account.counters.retried++
        emit({ type: 'recordRetried', id, attempt, inMs, error: message })
      },
      giveUp: (piece, attempts, failure) =>
        this.#giveUp(
          piece,
          failure.refused
            ? letterOfRefusal({ id: failure.id, code: failure.name, reason: failure.message })
            : letterOfFailure(reader.recordOf(piece), attempts, failure),
        ),
      wake: () => this.pumpSoon(),
    })
    this.keyOrder = config.order === 'key' ? new KeyOrder() : undefined
    this.#backlog = new Backlog({
      inQueue,
      retries: this.retries,
      suspects,
      keys: this.keyOrder,
      full: () => this.#full,
    })
    this.dispatch = new Dispatch({
      inQueue,
      outQueue,
      account,
      backlog: this.#backlog,
      retries: this.retries,
      suspects,
      rate: this.rate,
      inputOrder:
        config.order === 'input' && outQueue
          ? new InputOrder(checkpoints.from.place, config.outQueue)
          : undefined,
      deaths: config.retry.deaths,
      flow,
      settled: (places) => this.#settleAll(places),
      condemned: ({ piece, attempt }, guilt) => {
        this.#giveUp(piece, letterOfDeaths(reader.recordOf(piece), attempt, guilt.named))
        parts.pardon(guilt)
      },
      now,
    })
    this.delivery =
      outQueue &&
      new Delivery({
        queue: outQueue,
        account,
        flow,
        sinkState: checkpoints.sinkState,
        keep: (refusals, then) => {
          const rejected = refusals.map((refusal) => letterOfRejection(refusal, codec))
          this.#office.keep(rejected, then)
        },
        delivered: (results) => this.dispatch.secured(results),
        settled: () => this.pumpSoon(),
        marked: (state) => checkpoints.marked(state),
        synced: () => checkpoints.synced(),
        now,
      })
  }

  /** The account of what the checkpoint knows to be settled: not of all that was dropped. */
  get settledCounters(): Counters {
    const { counters } = this.account
    return { ...counters, dropped: counters.dropped - this.dispatch.droppedUnsettled }
  }

  /** When the last record was settled; on the clock of the parts. */
  get lastSettled(): number | undefined {
    return this.#lastSettled
  }

  /** Since when nothing was settled though there is something to settle; undefined when there is not. */
  get quietSince(): number | undefined {
    return this.#inFlightSince === undefined
      ? undefined
      : Math.max(this.#inFlightSince, this.#lastSettled ?? this.#inFlightSince)
  }

  /** Nothing more will come, and nothing is left. */
  get finished(): boolean {
    return (
      this.intake.ended &&
      this.account.inFlight === 0 &&
      this.#office.keeping === 0 &&
      !this.replays.feeding &&
      this.inQueue.empty &&
      (this.outQueue?.empty ?? true)
    )
  }

  /** So many records wait outside of the queues, for a retry or for the disk, that nothing new should begin. */
  get #full(): boolean {
    return this.retries.waiting + this.#office.keeping >= this.#mostOutside
  }

  /** Resolves when all records that were given up by now are dead letters. */
  lettersKept(): Promise<void> {
    return this.#office.idle()
  }

  attach(child: ChildProcess): void {
    if (child.place === LETTERS) this.letterDelivery?.attach(child)
    else if (child.place.role === 'writer') this.intake.attach(child)
    else if (child.place.role === 'worker') this.dispatch.attach(child)
    else this.delivery?.attach(child)
    this.pumpSoon()
  }

  /**
   * A process is gone; what it held goes out again.
   *
   * @param casualty how a worker died, unless that was the primary's doing
   * @returns how many records that were, whether records are to blame for the death, and whether the
   *   process had taken up its role: one that was only prepared leaves everything as it was
   */
  detach(child: ChildProcess, casualty?: Casualty): Loss {
    const { key, place } = child
    const { checkpoints } = this.#parts
    const returned = this.inHand(child)
    let named = false
    let attached = true
    if (place === LETTERS) {
      this.letterDelivery?.detach(key)
    } else if (place.role === 'writer') {
      attached = this.intake.detach(key)
      if (attached) checkpoints.writerLost()
    } else if (place.role === 'worker') {
      named = this.dispatch.detach(key, casualty)
    } else {
      attached = this.delivery?.detach(key) ?? false
      if (attached) checkpoints.senderLost()
    }
    this.pumpSoon()
    return { returned, named, attached }
  }

  /** Takes a process out of the flow: it is lent, or granted, no more. */
  drain({ key, place }: ChildProcess): void {
    if (place.role === 'writer') this.intake.drain()
    else if (place.role === 'worker') this.dispatch.drain(key)
    else this.delivery?.drain()
    this.pumpSoon()
  }

  /** Whether a process that was taken out of the flow has nothing left to hand over. */
  drained(child: ChildProcess): boolean {
    return child.place.role === 'writer' ? this.intake.drained : this.inHand(child) === 0
  }

  inHand({ key, place }: ChildProcess): number {
    if (place === LETTERS) return this.letterDelivery?.inHand ?? 0
    return place.role === 'worker' ? this.dispatch.inHand(key) : (this.delivery?.inHand(key) ?? 0)
  }

  /** What a process holds, in the order it was lent; of letters nothing is told. */
  holdings({ key, place }: ChildProcess): readonly Holding[] {
    if (place === LETTERS || place.role === 'writer') return []
    return place.role === 'worker' ? this.dispatch.holdings(key) : (this.delivery?.holdings(key) ?? [])
  }

  credit({ key, place }: ChildProcess): number {
    if (place === LETTERS) return this.letterDelivery?.credit ?? 0
    if (place.role === 'writer') return this.intake.granted
    return place.role === 'worker' ? this.dispatch.creditOf(key) : (this.delivery?.credit ?? 0)
  }

  /** Takes in what a child says about data. */
  message(child: ChildProcess, message: Message): void {
    const { role } = child.place
    if (child.place === LETTERS) this.letterDelivery?.message(child.key, message)
    else if (role === 'writer') this.#hearWriter(message)
    else if (role === 'worker') this.#hearWorker(child.key, message)
    else this.#hearSender(child.key, message)
    if (message.kind === 'batch') this.#parts.progressed(child)
    else if (message.kind === 'report' || message.kind === 'confirm') {
      const { activity } = message.body
      this.#parts.progressed(child, activity)
      if (activity.times) this.flow.handled(activity.times)
    }
    this.pumpSoon()
  }

  /** Moves what can be moved, once for everything that happened in this turn. */
  pumpSoon(): void {
    if (this.#pumpDue) return
    this.#pumpDue = true
    queueMicrotask(() => {
      this.#pumpDue = false
      const now = this.#parts.clock.now()
      this.dispatch.pump()
      this.delivery?.pump()
      if (!this.#full) this.intake.grant(this.dispatch.batchTarget, this.dispatch.starving)
      this.#wakeForRate(now)
      this.#noticeSettled()
      this.#parts.moved()
    })
  }

  /** Lets no worker begin anything, and the writer read no more. */
  pause(paused: boolean): void {
    this.dispatch.pause(paused)
    this.intake.pause(paused)
    if (paused) return
    this.#giveUps.reset()
    this.pumpSoon()
  }

  setRate(perSecond: number | undefined): void {
    this.rate.set(perSecond, this.#parts.clock.now())
    this.pumpSoon()
  }

  async close(): Promise<void> {
    this.#cancelRateTimer?.()
    this.retries.clear()
    this.replays.stop()
    await this.inQueue.close()
    await this.outQueue?.close()
    await this.letters.close()
    this.#reader.close()
  }

  #hearWriter({ kind, body, payload }: Message): void {
    if (kind === 'batch') {
      if (body.bytes !== undefined) this.#reader.expect(payload)
      this.intake.accept(body, payload)
    } else if (kind === 'refused') this.#refused(body)
    else if (kind === 'skipped') this.intake.acceptSkipped(body)
    else if (kind === 'end') this.#sourceEnded()
    else if (kind === 'committed') this.#parts.checkpoints.committed()
  }

  #hearWorker(key: string, { kind, body, payload }: Message): void {
    if (kind === 'report') this.dispatch.report(key, body, payload)
    else if (kind === 'ready') this.dispatch.ready(key, body)
    else if (kind === 'need') this.dispatch.need(key, body)
    else if (kind === 'begin') this.dispatch.begin(key, body)
    else if (kind === 'overdue') this.dispatch.overdue(key, body)
  }

  #hearSender(key: string, { kind, body }: Message): void {
    if (kind === 'confirm') this.delivery?.confirm(key, body)
    else if (kind === 'ready') this.delivery?.ready(body)
    else if (kind === 'mark') this.delivery?.mark(key, body)
    else if (kind === 'synced') this.delivery?.synced(key)
  }

  /** Nothing that came of these records can be lost any more. */
  #settle(places: Span): void {
    this.#settleAll([places])
  }

  /** The same for many at once. */
  #settleAll(places: readonly Span[]): void {
    if (places.length === 0) return
    const [replayed, others] = [places.filter(isReplayed), places.filter((span) => !isReplayed(span))]
    for (const span of replayed) this.replays.settle(span)
    for (const span of others) this.inQueue.settle(span)
    this.#parts.checkpoints.settleAll(joinSpans(others.sort((a, b) => a.from - b.from)))
  }

  #sourceEnded(): void {
    this.intake.end()
    if (this.intake.exhausted) this.#parts.checkpoints.touch()
  }

  #refused(refused: Messages['refused']): void {
    const { from, to } = this.intake.acceptRefused(refused)
    this.#office.keep([letterOfRefusal(refused)], () => {
      this.account.counters.deadLettered++
      this.#parts.checkpoints.settle(from, to)
    })
  }

  #giveUp(piece: Parameters<Backlog['over']>[0], letter: DeadLetter): void {
    this.#office.keep([letter], () => {
      this.account.counters.deadLettered++
      this.#settle(piece)
      this.#backlog.over(piece)
      this.dispatch.passed({ from: piece.from, to: piece.to })
    })
  }

  /** @param now from before lending: what may begin only since then is waited for like the rest */
  #wakeForRate(now: number): void {
    const { clock } = this.#parts
    const at = this.rate.nextAt(now)
    // What may begin now is held back by something else, which wakes us itself.
    if (at === undefined || at <= now || this.#cancelRateTimer) return
    this.#cancelRateTimer = clock.after(at - now, () => {
      this.#cancelRateTimer = undefined
      this.pumpSoon()
    })
  }

  #noticeSettled(): void {
    const { settled, inFlight } = this.account
    if (inFlight === 0) this.#inFlightSince = undefined
    else this.#inFlightSince ??= this.#parts.clock.now()
    const { deadLettered } = this.account.counters
    if (settled === this.#before.settled) return
    this.#lastSettled = this.#parts.clock.now()
    const givenUp = deadLettered - this.#before.deadLettered
    this.#giveUps.settled(settled - this.#before.settled - givenUp)
    this.#giveUps.givenUp(givenUp)
    this.#before = { settled, deadLettered }
    if (givenUp > 0 && this.#giveUps.above(this.#parts.config.deadLetter.pauseAbove)) {
      this.#parts.tooManyGivenUp()
    }
  }
}

async function openLetters(parts: RouterParts): Promise<DeadLetterFile | LetterDelivery> {
  const { config, clock, emit, blocked } = parts
  const { to } = config.deadLetter
  if (!('file' in to)) return new LetterDelivery(letterPlaceName(to), codecNamed(LETTER_CODEC))
  const path = to.file
  return DeadLetterFile.open({
    path,
    bounds: config.deadLetter,
    clock,
    emit,
    slow: (slow) => blocked('dead letters', slow ? `${path} takes long to write` : undefined),
  })
}

const isReplayed = ({ from }: Span): boolean => isReplay(from)
