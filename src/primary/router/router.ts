import type { Config } from '../../config/config.js'
import type { DeadLetterFile } from '../../dead-letters/dead-letter-file.js'
import type { LetterKeeper } from '../../dead-letters/letter-keeper.js'
import type { Account } from '../../flow/account.js'
import type { Holding } from '../../flow/ledger.js'
import type { RateLimit } from '../../flow/rate.js'
import type { Activity, Message } from '../../link/messages.js'
import type { Clock } from '../../model/clock.js'
import type { Counters } from '../../model/counters.js'
import type { OpenQueue, Queue } from '../../queue/contract.js'
import type { EventListener } from '../../telemetry/events.js'
import type { Checkpoints } from '../checkpoints.js'
import type { ChildProcess } from '../processes/child-process.js'
import type { Delivery } from './delivery.js'
import type { Dispatch } from './dispatch.js'
import { Ends, type Loss } from './ends.js'
import type { FlowMeter } from './flow-meter.js'
import type { Intake } from './intake.js'
import type { KeyOrder } from './key-order.js'
import { LetterDelivery } from './letter-delivery.js'
import { type Letters, openLetters } from './open-letters.js'
import type { Replays } from './replays.js'
import type { Retries } from './retries.js'
import { SettledWatch } from './settled-watch.js'
import { Stages } from './stages.js'
import type { Casualty, Guilt } from './suspects.js'

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

interface Opened {
  readonly letters: Letters
  readonly inQueue: Queue
  readonly outQueue: Queue | undefined
}

/**
 * The data side of the primary: both queues, and between and around them intake, dispatch and
 * delivery. It knows processes only as ends of links; who they are and whether they live is the
 * supervisor's. What happens becomes one round of the pump here; the stages are shown as they are, for
 * whoever looks at one of them.
 *
 * ```
 *   writer ─→ Intake ─→ in-queue ─→ Backlog ─→ Dispatch ─→ workers ─→ out-queue ─→ Delivery ─→ sender
 *                 └──── read ──→ Checkpoints ←── settled ───┴────────── delivered ─────┘
 * ```
 */
export class Router {
  readonly letters: LetterKeeper
  /** The file, if that is where letters go. */
  readonly letterFile: DeadLetterFile | undefined
  /** The way to the sink, if they go to one. */
  readonly letterDelivery: LetterDelivery | undefined
  readonly #parts: RouterParts
  readonly #stages: Stages
  readonly #ends: Ends
  readonly #settled: SettledWatch
  #pumpDue = false
  #cancelRateTimer: (() => void) | undefined

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
      router = new Router(parts, { letters, inQueue, outQueue })
      return router
    } catch (error) {
      await letters.close()
      throw error
    }
  }

  private constructor(parts: RouterParts, opened: Opened) {
    const { config, clock, checkpoints, tooManyGivenUp } = parts
    const { letters } = opened
    this.#parts = parts
    this.letters = letters
    this.letterFile = letters instanceof LetterDelivery ? undefined : letters
    this.letterDelivery = letters instanceof LetterDelivery ? letters : undefined
    this.#stages = new Stages({ ...parts, ...opened, wake: () => this.pumpSoon() })
    this.#ends = new Ends(this.#stages, letters, checkpoints)
    const { account } = this.#stages
    const { pauseAbove } = config.deadLetter
    this.#settled = new SettledWatch({ account, clock, pauseAbove, tooManyGivenUp })
  }

  get account(): Account {
    return this.#stages.account
  }

  get inQueue(): Queue {
    return this.#stages.inQueue
  }

  get outQueue(): Queue | undefined {
    return this.#stages.outQueue
  }

  get intake(): Intake {
    return this.#stages.intake
  }

  get dispatch(): Dispatch {
    return this.#stages.dispatch
  }

  get delivery(): Delivery | undefined {
    return this.#stages.delivery
  }

  get retries(): Retries {
    return this.#stages.retries
  }

  get rate(): RateLimit {
    return this.#stages.rate
  }

  get replays(): Replays {
    return this.#stages.replays
  }

  get flow(): FlowMeter {
    return this.#stages.flow
  }

  /** Present when the records of a key are kept in order. */
  get keyOrder(): KeyOrder | undefined {
    return this.#stages.keyOrder
  }

  /** The account of what the checkpoint knows to be settled: not of all that was dropped. */
  get settledCounters(): Counters {
    const { counters } = this.account
    return { ...counters, dropped: counters.dropped - this.dispatch.droppedUnsettled }
  }

  /** When the last record was settled; on the clock of the parts. */
  get lastSettled(): number | undefined {
    return this.#settled.last
  }

  /** Since when nothing was settled though there is something to settle; undefined when there is not. */
  get quietSince(): number | undefined {
    return this.#settled.quietSince
  }

  /** Nothing more will come, and nothing is left. */
  get finished(): boolean {
    return this.#stages.empty
  }

  /** Resolves when all records that were given up by now are dead letters. */
  lettersKept(): Promise<void> {
    return this.#stages.office.idle()
  }

  attach(child: ChildProcess): void {
    this.#ends.of(child)?.attach(child)
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
    const returned = this.inHand(child)
    const end = this.#ends.of(child)
    const { named, attached } = end?.detach(child.key, casualty) ?? { named: false, attached: false }
    this.pumpSoon()
    return { returned, named, attached }
  }

  /** Takes a process out of the flow: it is lent, or granted, no more. */
  drain(child: ChildProcess): void {
    this.#ends.of(child)?.drain(child.key)
    this.pumpSoon()
  }

  /** Whether a process that was taken out of the flow has nothing left to hand over. */
  drained(child: ChildProcess): boolean {
    return this.#ends.of(child)?.drained(child.key) ?? true
  }

  inHand(child: ChildProcess): number {
    return this.#ends.of(child)?.inHand(child.key) ?? 0
  }

  /** What a process holds, in the order it was lent; of letters nothing is told. */
  holdings(child: ChildProcess): readonly Holding[] {
    return this.#ends.of(child)?.holdings(child.key) ?? []
  }

  credit(child: ChildProcess): number {
    return this.#ends.of(child)?.credit(child.key) ?? 0
  }

  /** Takes in what a child says about data. */
  message(child: ChildProcess, message: Message): void {
    this.#ends.of(child)?.hear(child.key, message)
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
      if (!this.#stages.full) this.intake.grant(this.dispatch.demand)
      this.#wakeForRate(now)
      this.#settled.look()
      this.#parts.moved()
    })
  }

  /** Lets no worker begin anything, and the writer read no more. */
  pause(paused: boolean): void {
    this.dispatch.pause(paused)
    this.intake.pause(paused)
    if (paused) return
    this.#settled.reset()
    this.pumpSoon()
  }

  setRate(perSecond: number | undefined): void {
    this.rate.set(perSecond, this.#parts.clock.now())
    this.pumpSoon()
  }

  async close(): Promise<void> {
    this.#cancelRateTimer?.()
    await this.#stages.close()
    await this.letters.close()
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
}
