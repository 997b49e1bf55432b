import type { Account } from '../../flow/account.js'
import { type Holding, Ledger } from '../../flow/ledger.js'
import type { RateLimit } from '../../flow/rate.js'
import type { Failure, Messages } from '../../link/messages.js'
import type { Amount } from '../../model/amount.js'
import { amountOf, type Batch, bytesOf, type Origins } from '../../model/batch.js'
import { lengthOfPairs, placesIn, spansOfPairs } from '../../model/pairs.js'
import type { Payload } from '../../model/payload.js'
import type { Span } from '../../model/span.js'
import type { Queue } from '../../queue/contract.js'
import type { LinkEnd } from '../processes/child-process.js'
import type { Backlog, Work } from './backlog.js'
import type { FlowMeter } from './flow-meter.js'
import type { InputOrder } from './input-order.js'
import { Outlet, type WorkedOff } from './outlet.js'
import { Port, type Sentence } from './port.js'
import type { Retries } from './retries.js'
import { type Hold, Room } from './room.js'
import { type Stock, shareOf } from './share.js'
import type { Casualty, Guilt, Suspects } from './suspects.js'
import { verdictOn } from './verdict.js'

/** Records that the writer puts into a batch if it has so many at hand, however slow they are. */
const SHORTEST_BATCH = 32

export interface DispatchParts {
  readonly inQueue: Queue
  /** Absent when results go nowhere. */
  readonly outQueue: Queue | undefined
  readonly account: Account
  readonly backlog: Backlog
  readonly retries: Retries
  readonly suspects: Suspects
  readonly rate: RateLimit
  /** Present when results leave in input order. */
  readonly inputOrder: InputOrder<WorkedOff> | undefined
  /** How many workers a record may take along. */
  readonly deaths: number
  readonly flow: Pick<FlowMeter, 'moved' | 'lent' | 'delivered'>
  /** Nothing that came of these records can be lost any more. */
  settled(places: readonly Span[]): void
  /** A record has taken along as many workers as it may. */
  condemned(holding: Holding, guilt: Guilt): void
  now(): number
}

/**
 * Between the queues: lends pieces of the backlog to workers within their credit and the room
 * there is for results, takes in what they report, and knows who holds what.
 *
 * ```
 *   backlog ──take──→ lend ──→ worker ──→ report ──→ (input order) ──→ out-queue
 *      ↑                          │          │
 *      ├────────── given back ←── died       └─ failed ──→ retries ─┐
 *      └────────────────────────────────────────────────────────────┘
 * ```
 */
export class Dispatch {
  readonly #parts: DispatchParts
  readonly #ports = new Map<string, Port>()
  readonly #ledger = new Ledger()
  readonly #room: Room | undefined
  readonly #outlet: Outlet | undefined
  /** Where the round of lending goes on, so that no worker is always first. */
  #next = 0
  /** Workers that the last round left with an empty hand because there was no room for results. */
  #roomless = 0
  #paused = false

  constructor(parts: DispatchParts) {
    this.#parts = parts
    const { outQueue, inputOrder } = parts
    if (!outQueue) return
    this.#room = new Room(outQueue, (worker) => this.#holdsUpOthers(worker))
    this.#outlet = new Outlet({ queue: outQueue, room: this.#room, inputOrder })
  }

  /** Records in the hand of a process. */
  inHand(key: string): number {
    return this.#ledger.inHand(key)
  }

  creditOf(key: string): number {
    return this.#ports.get(key)?.credit.available.records ?? 0
  }

  /** What a process holds, oldest first. */
  holdings(key: string): readonly Holding[] {
    return this.#ledger.hand(key)
  }

  /** Whether a worker is done with its records, and has only no room for their results. */
  waitsForRoom(key: string): boolean {
    return this.#room?.isAsked(key) ?? false
  }

  get ports(): IterableIterator<Readonly<Port>> {
    return this.#ports.values()
  }

  /**
   * How long batches should be: half of what a worker wants in hand, so that it gets parts
   * often and none waits while another has a long one. When records are slow that is one; but
   * records come in batches too, since lending a part of one is cheaper than a batch for each.
   */
  get batchTarget(): number {
    let windows = 0
    for (const { window } of this.#ports.values()) windows += window
    return Math.max(SHORTEST_BATCH, Math.floor(windows / Math.max(1, this.#ports.size) / 2))
  }

  /** Whether a worker could begin something, and there is nothing for it. */
  get starving(): boolean {
    if (this.#parts.inQueue.waiting > 0) return false
    for (const { draining, credit } of this.#ports.values()) {
      if (!draining && credit.available.records >= 1) return true
    }
    return false
  }

  attach(worker: LinkEnd): void {
    this.#ports.set(worker.key, new Port(worker, this.#parts.now()))
  }

  /** Lends a worker no more. It is drained when nothing is left in its hand. */
  drain(key: string): void {
    const port = this.#ports.get(key)
    if (port) port.draining = true
  }

  /** Records that a worker which is drained gave back unbegun. */
  handedOn(key: string): number {
    return this.#ports.get(key)?.handedOn ?? 0
  }

  /** The worker is about to be killed, and the record that it announced, if it did, may be to blame. */
  condemn(key: string, how: string): void {
    const begun = this.#ports.get(key)?.begun
    this.sentence(key, { name: 'MemoryError', places: begun === undefined ? [] : [begun], how })
  }

  /** The worker is about to be killed because of these records. */
  sentence(key: string, sentence: Sentence): void {
    const port = this.#ports.get(key)
    if (port) port.sentence = sentence
  }

  /**
   * A worker is gone: what it held goes out again, at the head of the queue.
   *
   * @param casualty how it died, if that may have been the fault of a record in its hand
   * @returns whether the death was laid at the door of records
   */
  detach(key: string, casualty?: Casualty): boolean {
    const port = this.#ports.get(key)
    this.#ports.delete(key)
    this.#room?.release(key)
    const holdings = this.#ledger.loseAll(key)
    if (!casualty || !port) {
      for (const holding of holdings) this.#parts.backlog.giveBack(holding)
      return false
    }
    const { guilty, suspects, innocent, cause } = verdictOn(port, holdings, casualty)
    const pieces = suspects.map(({ piece }) => piece)
    this.#parts.suspects.suspect(pieces, cause)
    for (const holding of [...suspects, ...innocent]) this.#parts.backlog.giveBack(holding)
    for (const holding of guilty) this.#accuse(holding, cause)
    return guilty.length > 0
  }

  pause(paused: boolean): void {
    this.#paused = paused
  }

  ready(key: string, credit: Amount): void {
    const port = this.#ports.get(key)
    if (!port) return
    if (port.least === 0) port.least = credit.records
    port.credit.grant(credit)
  }

  need(key: string, amount: Amount): void {
    this.#room?.ask(key, amount)
  }

  /** A worker begins a record of a careful lend. */
  begin(key: string, { place }: Messages['begin']): void {
    const port = this.#ports.get(key)
    if (!port) return
    port.begun = place
    port.heardAt = this.#parts.now()
  }

  /** A worker has told handlers to abort. */
  overdue(key: string, { places }: Messages['overdue']): void {
    const port = this.#ports.get(key)
    if (!port) return
    const now = this.#parts.now()
    for (const place of placesIn(places)) port.overdue.set(place, now)
  }

  /** Takes in what a worker reports. The results enter the out-queue before their records leave the in-queue. */
  report(key: string, report: Messages['report'], payload: Payload): void {
    const { done, dropped, results, failures = [], returned = [], credit, activity } = report
    const worked = this.#takeBack(key, done)
    const readAt = oldestOf(worked)
    const batch = results > 0 ? batchOf(report, payload, readAt) : undefined
    if (batch)
      this.#room!.spend(key, lengthOfPairs(done) - dropped, { records: results, bytes: payload.byteLength })
    this.#hear(key, report)
    const over = this.#outlet ? this.#outlet.done(done, dropped, batch) : [...spansOfPairs(done)]
    this.#finish(worked)
    const { account, flow, settled } = this.#parts
    account.counters.dropped += dropped
    if (results > 0) flow.moved('reported', results)
    if (!this.#outlet) {
      const delivered = lengthOfPairs(done) - dropped
      account.counters.delivered += delivered
      flow.delivered(readAt, delivered)
    }
    settled(over)
    for (const failure of failures) this.#fail(key, failure)
    for (const span of spansOfPairs(returned)) {
      for (const holding of this.#ledger.finish(key, span.from, span.to))
        this.#parts.backlog.giveBack(holding)
    }
    const port = this.#ports.get(key)
    if (!port) return
    port.credit.grant(credit)
    port.window = activity.window
    if (port.draining) port.handedOn += lengthOfPairs(returned)
  }

  /** A result goes to the sink again that it had rejected. */
  deliverAgain(results: Batch): void {
    this.#outlet?.again(results)
  }

  /** There will be no results of these: they were never in the queue, or have been given up. */
  passed(places: Span): void {
    this.#parts.settled(this.#outlet?.passed(places) ?? [])
  }

  /** These results can no longer be lost, and so the records they came from. */
  secured(results: Span): void {
    this.#parts.settled(this.#outlet?.secured(results) ?? [])
  }

  /** Records that were dropped and are not settled yet: they are, with the results beside them. */
  get droppedUnsettled(): number {
    return this.#outlet?.dropped ?? 0
  }

  /** Lends as much as credit and room allow, and answers workers that asked for room. */
  pump(): void {
    for (const [key, granted] of this.#room?.answers() ?? []) this.#giveRoom(key, granted)
    this.#roomless = 0
    if (this.#paused) return
    const ports = [...this.#ports.values()]
    const stock = this.#stock
    for (let idle = 0; idle < ports.length; ) {
      const port = ports[this.#next++ % ports.length]!
      const lent = this.#lendTo(port, stock)
      idle = lent ? 0 : idle + 1
      if (lent) this.#roomless = 0
    }
  }

  /** Workers that records could be lent to. */
  get workers(): number {
    return this.#ports.size
  }

  /** Milliseconds that workers have been at what they hold and have said nothing of yet, all together. */
  unsaid(now: number): number {
    let ms = 0
    for (const { worker, heardAt } of this.#ports.values()) {
      if (this.#ledger.inHand(worker.key) > 0 && !this.waitsForRoom(worker.key)) ms += now - heardAt
    }
    return ms
  }

  /** Workers that would be lent something, or could report, if there were room for results. */
  get blocked(): number {
    const kept = this.#parts.inQueue.waiting > 0 ? this.#roomless : 0
    return Math.min(this.#ports.size, kept + (this.#room?.asking ?? 0))
  }

  /** Stays what it is while records are lent. */
  get #stock(): Stock {
    let records = this.#parts.inQueue.waiting
    let workers = 0
    for (const [key, { draining }] of this.#ports) {
      records += this.#ledger.inHand(key)
      if (!draining) workers++
    }
    return { records, workers }
  }

  #giveRoom(key: string, granted: Amount): void {
    const port = this.#ports.get(key)
    if (!port) return
    port.heardAt = this.#parts.now()
    port.worker.send('room', granted)
  }

  #lendTo(port: Port, stock: Stock): boolean {
    const { worker, credit, window, least } = port
    if (port.draining || credit.available.records < 1 || credit.available.bytes < 1) return false
    const inHand = this.#ledger.inHand(worker.key)
    const room = this.#roomFor(worker.key, { inHand, window })
    if (room < 1 && inHand === 0) this.#roomless++
    const allowed = this.#parts.rate.allowed(this.#parts.now())
    const records = Math.min(credit.available.records, room, allowed)
    const share = shareOf({ window, least, inHand }, stock)
    const limit = { records: Math.min(records, share), bytes: credit.available.bytes }
    if (records >= 1 && share < 1) return false
    const work = records < 1 ? this.#takeOldest(allowed) : this.#parts.backlog.take(limit, this.#before)
    if (!work) return false
    this.#lend(port, work)
    return true
  }

  /** While somebody waits for room, nothing new is begun, or what comes free goes to others for ever. */
  #roomFor(key: string, hold: Hold): number {
    if (!this.#room) return Number.POSITIVE_INFINITY
    return this.#room.wanted ? 0 : this.#room.recordsFor(key, hold, this.#ports.size)
  }

  /** The record that all others wait for goes out whatever the room: its results are let in before theirs. */
  #takeOldest(allowed: number): Work | undefined {
    const { inputOrder, backlog } = this.#parts
    if (!inputOrder || allowed < 1) return undefined
    return backlog.take({ records: 1, bytes: Number.POSITIVE_INFINITY }, inputOrder.front + 1)
  }

  get #before(): number {
    return this.#parts.inputOrder?.before ?? Number.POSITIVE_INFINITY
  }

  #lend(port: Port, { piece, attempt, aside, careful }: Work): void {
    const { flow } = this.#parts
    const { worker, credit } = port
    const { key } = worker
    const since = this.#parts.now()
    if (this.#ledger.inHand(key) === 0) port.heardAt = since
    this.#ledger.lend(key, { piece, attempt, since, ...(aside && { aside }) })
    this.#parts.rate.spend(piece.to - piece.from)
    credit.spendUpTo(amountOf(piece))
    const room = this.#room?.reserve(key, this.#ledger.inHand(key)) ?? { records: 0, bytes: 0 }
    const { from, to, skip, batch } = piece
    flow.moved('lent', to - from)
    if (!aside) flow.lent(batch.readAt, to - from)
    const lent = { from, count: to - from, skip, total: batch.width, bytes: bytesOf(piece) }
    worker.send('lend', { ...lent, attempt, room, ...(careful && { careful }) }, batch.payload)
  }

  #hear(key: string, { done, failures = [] }: Messages['report']): void {
    const port = this.#ports.get(key)
    if (!port) return
    port.heardAt = this.#parts.now()
    const over = (place: number) =>
      failures.some((failure) => failure.place === place) ||
      [...spansOfPairs(done)].some(({ from, to }) => from <= place && place < to)
    if (port.begun !== undefined && over(port.begun)) port.begun = undefined
    for (const place of port.overdue.keys()) if (over(place)) port.overdue.delete(place)
  }

  /** Takes worked-off places out of the worker's hand. */
  #takeBack(key: string, done: readonly number[]): Holding[] {
    const worked: Holding[] = []
    for (const { from, to } of spansOfPairs(done)) {
      for (const holding of this.#ledger.finish(key, from, to)) worked.push(holding)
    }
    return worked
  }

  /** What became of these is decided. */
  #finish(worked: readonly Holding[]): void {
    const { inQueue, backlog } = this.#parts
    for (const { piece, aside } of worked) {
      if (!aside) inQueue.decide(piece)
      backlog.over(piece)
    }
  }

  #fail(key: string, failure: Failure): void {
    const [holding] = this.#ledger.finish(key, failure.place, failure.place + 1)
    if (!holding) return
    this.#setAside(holding)
    this.#parts.backlog.survived(holding.piece)
    this.#parts.retries.failed(holding, failure)
  }

  /** A record was the only one at work when its worker died. */
  #accuse(holding: Holding, casualty: Casualty): void {
    const { suspects, deaths, backlog } = this.#parts
    const guilt = suspects.name(holding.piece.from, casualty)
    if (guilt.named.length < deaths) {
      backlog.giveBack(holding)
      return
    }
    this.#setAside(holding)
    this.#parts.condemned(holding, guilt)
  }

  #setAside({ piece, aside }: Holding): void {
    if (!aside) this.#parts.inQueue.setAside(piece)
  }

  /** In input order, whether the room that a worker asks for is what all the others wait for. */
  #holdsUpOthers(key: string): boolean {
    const { inputOrder } = this.#parts
    if (!inputOrder) return true
    const { front } = inputOrder
    return this.#ledger.holds(key, front) || !this.#ledger.isLent(front)
  }
}

/** When the oldest of these was read, as far as that is known. */
function oldestOf(worked: readonly Holding[]): number | undefined {
  let oldest: number | undefined
  for (const { piece } of worked) {
    const { readAt } = piece.batch
    if (readAt !== undefined && (oldest === undefined || readAt < oldest)) oldest = readAt
  }
  return oldest
}

/** The results of a report. */
function batchOf(report: Messages['report'], payload: Payload, readAt: number | undefined): Batch {
  const { results } = report
  const origins = originsOf(report)
  return { width: results, count: results, payload, origins, ...(readAt !== undefined && { readAt }) }
}

function originsOf({ from, deltas }: Messages['report']): Origins {
  if (!deltas) return { from }
  const column = new Uint32Array(deltas.byteLength / Uint32Array.BYTES_PER_ELEMENT)
  Buffer.from(column.buffer).set(deltas)
  return { from, deltas: column }
}
