import { Recent, type Totals } from '../../flow/recent.js'
import type { Activity } from '../../link/messages.js'
import type { Clock } from '../../model/clock.js'
import type { LifeCycle } from '../life-cycle.js'
import type { Router } from '../router/router.js'
import { type Place, SENDER } from '../topology.js'

/** How far back shares and rates look. */
const WINDOW_MS = 10_000

/** A queue that is this full lets hardly anything in. */
const FULL = 0.9

/** A queue is refilled when half of it is free: until then its writer waits, and it counts as full. */
const REFILLED = 0.5

/** What is added up, in milliseconds, records, or milliseconds of all workers together. */
export type Load = Totals<
  | 'read'
  | 'settled'
  | 'workers'
  | 'workersBusy'
  | 'workersBlocked'
  | 'senderBusy'
  | 'senderBlocked'
  | 'writerBusy'
  | 'writerBlocked'
  | 'inFull'
  | 'inEmpty'
  | 'outFull'
  | 'outEmpty'
  | 'heldBack'
>

/** Growth of a load in so many milliseconds. */
export interface LoadGrowth {
  readonly ms: number
  readonly of: Load
}

/** What holds until something happens: each of these numbers counts so often a millisecond. */
type Moment = Omit<Load, 'read' | 'settled' | 'workersBusy' | 'senderBusy'>

export interface LoadParts {
  readonly clock: Clock
  readonly router: () => Router
  readonly life: LifeCycle
  /** Share of its time that the writer's event loop is busy, as it last said. */
  writerUtilization(): number
}

/**
 * How a pipeline has spent its time. Nothing in the primary changes but where something happens, so
 * looking then, once for all that happened together, is exact, needs no timer and costs no record
 * anything. Only how busy the other processes are, they say themselves.
 */
export class LoadMeter {
  readonly #parts: LoadParts
  readonly #busy = { worker: 0, sender: 0 }
  #spent: Moment = nothing
  #moment: Moment = nothing
  /** Since when the moment holds. */
  #since = 0
  #senderHeardAt = 0
  #recent: Recent<keyof Load> | undefined

  constructor(parts: LoadParts) {
    this.#parts = parts
  }

  /** The pipeline runs: time counts from here on. */
  begin(): void {
    this.#since = this.#parts.clock.now()
    this.#senderHeardAt = this.#since
    this.#moment = this.#look(this.#since)
    this.#recent = new Recent(WINDOW_MS, this.#since, this.#totals(this.#since))
  }

  /** A process says what it did. */
  did(place: Place, { busy }: Activity): void {
    if (place.role === 'worker') this.#busy.worker += busy
    if (place !== SENDER) return
    this.#busy.sender += busy
    this.#senderHeardAt = this.#parts.clock.now()
  }

  /** To be called whenever records moved, or could not. */
  moved(): void {
    if (!this.#recent) return
    const now = this.#parts.clock.now()
    this.#pass(now)
    this.#moment = this.#look(now)
    if (this.#recent.isDue(now)) this.#recent.note(now, this.#totals(now))
  }

  /** Over the last 10 s, and since the pipeline runs. */
  growth(): { readonly recent: LoadGrowth; readonly whole: LoadGrowth } {
    this.moved()
    const now = this.#parts.clock.now()
    const totals = this.#totals(now)
    const none = { ms: 0, of: totals }
    return {
      recent: this.#recent?.growth(now, totals) ?? none,
      whole: this.#recent?.sinceStart(now, totals) ?? none,
    }
  }

  #pass(now: number): void {
    const ms = now - this.#since
    const { workers, workersBlocked, senderBlocked, writerBusy, writerBlocked } = this.#spent
    const { inFull, inEmpty, outFull, outEmpty, heldBack } = this.#spent
    const holds = this.#moment
    this.#spent = {
      workers: workers + ms * holds.workers,
      workersBlocked: workersBlocked + ms * holds.workersBlocked,
      senderBlocked: senderBlocked + ms * holds.senderBlocked,
      writerBusy: writerBusy + ms * holds.writerBusy,
      writerBlocked: writerBlocked + ms * holds.writerBlocked,
      inFull: inFull + ms * holds.inFull,
      inEmpty: inEmpty + ms * holds.inEmpty,
      outFull: outFull + ms * holds.outFull,
      outEmpty: outEmpty + ms * holds.outEmpty,
      heldBack: heldBack + ms * holds.heldBack,
    }
    this.#since = now
  }

  #look(now: number): Moment {
    const { inQueue, outQueue, intake, dispatch, rate } = this.#parts.router()
    const { life } = this.#parts
    const blocked = dispatch.blocked
    const waitsForRate = rate.perSecond !== undefined && inQueue.waiting > 0 && rate.allowed(now) < 1
    return {
      workers: dispatch.workers,
      workersBlocked: blocked,
      senderBlocked: count(life.blockedBy(SENDER.id) !== undefined),
      writerBusy: intake.ended ? 0 : this.#parts.writerUtilization(),
      writerBlocked: count(intake.blocked),
      inFull: count(intake.blocked && fillOf(inQueue) >= REFILLED),
      inEmpty: count(inQueue.waiting === 0),
      outFull: count(outQueue !== undefined && (blocked > 0 || fillOf(outQueue) >= FULL)),
      outEmpty: count(outQueue === undefined || outQueue.waiting === 0),
      heldBack: count(life.paused || waitsForRate),
    }
  }

  #totals(now: number): Load {
    const { account, dispatch, delivery } = this.#parts.router()
    return {
      ...this.#spent,
      read: account.counters.read,
      settled: account.settled,
      // What somebody is at for long is said only when it is over.
      workersBusy: this.#busy.worker + dispatch.unsaid(now),
      senderBusy: this.#busy.sender + (delivery?.unsaid(now, this.#senderHeardAt) ?? 0),
    }
  }
}

const count = (holds: boolean): number => (holds ? 1 : 0)

const fillOf = ({ size, capacity }: Router['inQueue']): number =>
  Math.max(size.records / capacity.records, size.bytes / capacity.bytes)

const nothing: Moment = {
  workers: 0,
  workersBlocked: 0,
  senderBlocked: 0,
  writerBusy: 0,
  writerBlocked: 0,
  inFull: 0,
  inEmpty: 0,
  outFull: 0,
  outEmpty: 0,
  heldBack: 0,
}
