import { decodeBatch, type Encoding } from '../codec/batch.js'
import type { Codec } from '../codec/codec.js'
import { RegionFiles } from '../codec/region-files.js'
import { messageOf } from '../errors.js'
import { Receiver } from '../flow/receiver.js'
import { Window } from '../flow/window.js'
import type { Bookmark } from '../link/bookmark.js'
import type { ChildSpec } from '../link/control.js'
import type { Link } from '../link/link.js'
import type { Message, Messages } from '../link/messages.js'
import { nothing } from '../model/amount.js'
import { type Clock, systemClock } from '../model/clock.js'
import type { Logger } from '../model/logger.js'
import type { Keep, Payload } from '../model/payload.js'
import { ActiveCalls, currentSymbol } from './active-calls.js'
import { BatchCalls } from './batch-calls.js'
import { Bookmarking } from './bookmarking.js'
import type { CallParts, Calls } from './calls.js'
import { Careful } from './careful.js'
import { Collector } from './collector.js'
import { drop, type WorkerSurroundings } from './context.js'
import { Hand, type Lend } from './hand.js'
import { Meter } from './meter.js'
import { ReportQueue } from './report-queue.js'
import { type Report, type ReportRules, reportsOf } from './reports.js'
import { SingleCalls } from './single-calls.js'
import { Standstill } from './standstill.js'
import { Timeouts } from './timeouts.js'
import type { WorkerModule } from './user-module.js'

/** How many records are handled between two looks at the clock, while they are fast. */
const RECORDS_BETWEEN_LOOKS = 4

/** Below so many milliseconds a record is fast in that sense. */
const FAST_MS = 0.05

export interface WorkerParts {
  readonly spec: ChildSpec
  readonly link: Pick<Link, 'send' | 'flushed'>
  readonly log: Logger
  readonly signal: AbortSignal
  readonly codec: Codec
  readonly module: WorkerModule
  /** Where encoded results are put. Default: into buffers of their own. */
  readonly keep?: Keep
  /** Where it says, for after its death, which record it is at. Used if it handles them one at a time. */
  readonly bookmark?: Pick<Bookmark, 'set' | 'clear'> | undefined
  /** Default: the system's. */
  readonly clock?: Clock
}

/** Runs the module's `setup` and takes up the role of a worker. */
export async function startWorker(parts: WorkerParts): Promise<WorkerLoop> {
  const surroundings: WorkerSurroundings = {
    index: parts.spec.index,
    log: parts.log,
    signal: parts.signal,
    with: parts.module.with,
    drop,
  }
  try {
    await parts.module.setup(surroundings)
  } catch (cause) {
    throw new Error(`\`setup\` of ${parts.module.path} failed: ${messageOf(cause)}`, { cause })
  }
  return new WorkerLoop(parts, surroundings)
}

/**
 * A worker: takes what it is lent, calls the handler, and reports what became of it.
 *
 * ```
 *  lend ──→ hand ──→ calls ──→ outbox ──→ reports ──→ (room?) ──→ report
 * ```
 *
 * It grants credit for as many records as it can handle in some 50 ms (more while it never pauses),
 * reports when it has nothing more at hand or after less than half of that, and gives back what would
 * wait too long, or already has.
 */
export class WorkerLoop {
  readonly #parts: WorkerParts
  /** Of results. */
  readonly #encoding: Encoding
  readonly #surroundings: WorkerSurroundings
  readonly #meter: Meter
  readonly #window: Window
  readonly #bookmarking: Bookmarking | undefined
  readonly #receiver: Receiver
  readonly #hand = new Hand()
  readonly #files = new RegionFiles()
  readonly #active: ActiveCalls
  readonly #calls: Calls
  readonly #careful: Careful
  readonly #collector: Collector
  readonly #reports: ReportQueue
  readonly #standstill: Standstill
  #reportDue = false
  #draining = false

  constructor(parts: WorkerParts, surroundings: WorkerSurroundings) {
    const { link, log, module, spec, clock = systemClock } = parts
    const { concurrency = 1, delivers = true, lines } = spec.worker ?? {}
    const atLeast = 'many' in module.handle ? module.handle.batching.size * concurrency : 1
    const bookmark = 'one' in module.handle && concurrency === 1 ? parts.bookmark : undefined
    this.#parts = parts
    this.#encoding = lines ? 'lines' : parts.codec
    this.#surroundings = surroundings
    this.#window = new Window(spec.hand.records, concurrency, atLeast, bookmark !== undefined)
    this.#bookmarking = bookmark && new Bookmarking(bookmark, this.#window)
    this.#receiver = new Receiver(this.#window, spec.hand.bytes)
    this.#active = new ActiveCalls(concurrency)
    this.#meter = new Meter(clock, this.#window, this.#active)
    this.#collector = new Collector({ module, log, delivers, lines })
    this.#reports = new ReportQueue({ link, send: (report) => this.#send(report) })
    this.#calls = this.#callsOf(module.handle, clock)
    this.#careful = new Careful({
      hand: this.#hand,
      active: this.#active,
      calls: this.#calls,
      announce: (place) => this.#announce(place),
      report: () => this.#reportNow(),
      wake: () => this.#work(),
    })
    this.#standstill = new Standstill({
      clock,
      waits: () => this.#waitsForOthers,
      giveBack: () => this.#giveBack(this.#hand.size),
    })
    // The one thing of this process that an inspector can reach while the event loop is blocked.
    Object.assign(globalThis, { [currentSymbol]: this.#active })
  }

  #callsOf(handle: WorkerModule['handle'], clock: Clock): Calls {
    const { link, signal, spec } = this.#parts
    const active = this.#active
    const timeout = spec.worker?.timeout
    const overdue = (places: readonly number[]) => link.send('overdue', { places })
    const parts: CallParts = {
      hand: this.#hand,
      outcomes: this.#collector,
      active,
      bookmarking: this.#bookmarking,
      times: this.#meter.times,
      timeouts: timeout === undefined ? undefined : new Timeouts(timeout, active, { clock, signal, overdue }),
      wake: () => this.#wake(),
    }
    if ('one' in handle) return new SingleCalls(handle.one, this.#surroundings, parts)
    return new BatchCalls(handle, this.#surroundings, { ...parts, clock })
  }

  begin(): void {
    this.#parts.link.send('ready', this.#receiver.grant())
  }

  message(message: Message): void {
    if (message.kind === 'lend') this.#takeLend(message.body, message.payload)
    else if (message.kind === 'room') this.#reports.answer(message.body)
  }

  /** Another worker takes its place: what it has not begun goes to others, also what is still on its way here. */
  drain(): void {
    this.#draining = true
    this.#giveBack(this.#hand.size)
  }

  /** Lends that have arrived together are worked on, and reported, together. */
  heard(): void {
    if (this.#draining) this.#giveBack(this.#hand.size)
    this.#work()
  }

  async stop(): Promise<void> {
    await this.#parts.module.teardown(this.#surroundings)
  }

  #takeLend(lend: Messages['lend'], payload: Payload): void {
    const { from, count, skip, total, bytes, attempt, room, careful = false } = lend
    const records = decodeBatch(payload, total, this.#parts.codec, this.#files)
    this.#receiver.arrived({ records: count, bytes })
    this.#reports.grant(room)
    this.#takeInHand({ records, from: from - skip, attempt, careful }, skip, skip + count)
  }

  /** Takes the records `[from, to)` of a lend, but for those that turn out to be none. */
  #takeInHand(lend: Lend, from: number, to: number): void {
    let first = from
    for (const [index, refusal] of lend.records.refusals ?? []) {
      if (index < from || index >= to) continue
      this.#hand.add(lend, first, index - first)
      this.#collector.refused(lend, index, refusal)
      first = index + 1
    }
    this.#hand.add(lend, first, to - first)
  }

  #wake(): void {
    if (this.#careful.busy) this.#careful.look()
    else this.#work()
  }

  #work(): void {
    this.#meter.start()
    // The first alone: it tells whether they are still as fast as they were.
    for (let back = this.#begin(1); back !== undefined; back = this.#begin(this.#recordsBetweenLooks)) {
      this.#standstill.moved()
      if (this.#meter.look(back) < this.#window.patience) continue
      this.#report()
      this.#meter.skip()
    }
    if (this.#active.size > 0 || this.#careful.busy) {
      this.#reportSoon()
    } else {
      this.#report()
      this.#meter.rest()
    }
    this.#standstill.look()
  }

  /** Begins at most so many records. Returns how many came back at once; undefined when none could begin. */
  #begin(most: number): number | undefined {
    const pending = this.#active.size
    const begun = this.#calls.begin(most)
    if (begun > 0) return begun - (this.#active.size - pending)
    return this.#careful.begin() ? 0 : undefined
  }

  get #recordsBetweenLooks(): number {
    return this.#window.perRecord < FAST_MS ? RECORDS_BETWEEN_LOOKS : 1
  }

  /** Whether the next record in hand cannot begin before another comes back; one that waits for its batch to fill could. */
  get #waitsForOthers(): boolean {
    const next = this.#hand.current
    return next !== undefined && (next.careful || !this.#active.hasRoom)
  }

  /** Finished work is reported first: should this record take the worker along, none is done twice. */
  #announce(place: number): Promise<void> {
    this.#report()
    this.#parts.link.send('begin', { place })
    return this.#parts.link.flushed()
  }

  #reportNow(): Promise<void> {
    this.#report()
    this.#meter.rest()
    return this.#reports.left()
  }

  /** Reports once everything that comes back in this turn of the event loop has come back. */
  #reportSoon(): void {
    if (this.#reportDue || this.#collector.empty) return
    this.#reportDue = true
    setImmediate(() => {
      this.#reportDue = false
      this.#report()
    })
  }

  #report(): void {
    if (this.#collector.empty) return
    const outbox = this.#collector.take()
    this.#meter.measure(outbox.finished)
    const encoded = () => reportsOf(outbox, this.#encoding, this.#rules())
    this.#reports.push(this.#bookmarking?.lifted(encoded) ?? encoded())
    // What is in hand too much goes back with a report; but not with one that waits, maybe for long.
    if (this.#reports.waits) this.#giveBack(this.#window.excess(this.#hand.size))
  }

  #send({ body, payload }: Report): void {
    const finished = placesOf(body)
    const returned = this.#hand.giveBack(this.#window.excess(this.#hand.size))
    const given = lengthOf(returned)
    this.#receiver.finished(finished + given)
    const credit = this.#receiver.grant(this.#hand.size)
    const full = { ...body, ...(given > 0 && { returned }), credit, activity: this.#meter.take() }
    this.#parts.link.send('report', full, payload)
  }

  /** Lets go of records that have not begun, with no report to go with. Nobody lends more before the next one: that brings credit. */
  #giveBack(count: number): void {
    const returned = this.#hand.giveBack(count)
    if (returned.length === 0) return
    this.#receiver.finished(lengthOf(returned))
    const body = { done: [], dropped: 0, results: 0, from: 0, returned }
    this.#parts.link.send('report', { ...body, credit: nothing, activity: this.#meter.take() })
  }

  /** A report should not need more room than there is, or it waits for results that could go already. */
  #rules(): ReportRules {
    const { spec, keep } = this.#parts
    const { batchBytes, maxRecord, maxBatch, worker } = spec
    const batchRecords = Math.max(1, this.#reports.room.records)
    return {
      packing: { batchBytes, maxRecord, maxBatch, batchRecords, ...(keep && { keep }) },
      inOrder: worker?.inOrder ?? false,
    }
  }
}

const lengthOf = (pairs: readonly number[]): number =>
  pairs.reduce((length, place, index) => length + (index % 2 ? place : -place), 0)

const placesOf = ({ done, failures }: Report['body']): number => lengthOf(done) + (failures?.length ?? 0)
