import type { Account } from '../../flow/account.js'
import { type Holding, Ledger } from '../../flow/ledger.js'
import type { RateLimit } from '../../flow/rate.js'
import type { Messages } from '../../link/messages.js'
import type { Amount } from '../../model/amount.js'
import type { Batch } from '../../model/batch.js'
import { placesIn } from '../../model/pairs.js'
import type { Payload } from '../../model/payload.js'
import type { Span } from '../../model/span.js'
import type { Queue } from '../../queue/contract.js'
import type { LinkEnd } from '../processes/child-process.js'
import type { Backlog } from './backlog.js'
import { type Demand, demandOf } from './demand.js'
import type { FlowMeter } from './flow-meter.js'
import type { InputOrder } from './input-order.js'
import { Lending } from './lending.js'
import { Outlet, type WorkedOff } from './outlet.js'
import { Port, type Sentence } from './port.js'
import { Reports } from './reports.js'
import type { Retries } from './retries.js'
import { Room } from './room.js'
import type { Casualty, Guilt, Suspects } from './suspects.js'
import { verdictOn } from './verdict.js'

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
 * Between the queues: who the workers are, what each of them holds, and what becomes of that.
 *
 * ```
 *   backlog ──take──→ Lending ──→ worker ──→ Reports ──→ (input order) ──→ out-queue
 *      ↑                            │           │
 *      ├────────── given back ←──── died        └─ failed ──→ retries ─┐
 *      └───────────────────────────────────────────────────────────────┘
 * ```
 */
export class Dispatch {
  readonly #parts: DispatchParts
  readonly #ports = new Map<string, Port>()
  readonly #ledger = new Ledger()
  readonly #room: Room | undefined
  readonly #outlet: Outlet | undefined
  readonly #lending: Lending
  readonly #reports: Reports
  #paused = false

  constructor(parts: DispatchParts) {
    const { outQueue, inputOrder } = parts
    const shared = { ...parts, ports: this.#ports, ledger: this.#ledger }
    const room = outQueue && new Room(outQueue, (worker) => this.#holdsUpOthers(worker))
    const out = outQueue && room && { room, outlet: new Outlet({ queue: outQueue, room, inputOrder }) }
    this.#parts = parts
    this.#room = room
    this.#outlet = out?.outlet
    this.#lending = new Lending({ ...shared, room })
    this.#reports = new Reports({ ...shared, out })
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

  /** Workers that records could be lent to. */
  get workers(): number {
    return this.#ports.size
  }

  /** What the workers want of the writer. */
  get demand(): Demand {
    return demandOf({
      ports: this.#ports.values(),
      inHand: (key) => this.inHand(key),
      waiting: this.#parts.inQueue.waiting,
      reports: this.#reports.count,
    })
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
    const kept = this.#parts.inQueue.waiting > 0 ? this.#lending.roomless : 0
    return Math.min(this.#ports.size, kept + (this.#room?.asking ?? 0))
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
    const { backlog } = this.#parts
    const port = this.#ports.get(key)
    this.#ports.delete(key)
    this.#room?.release(key)
    const holdings = this.#ledger.loseAll(key)
    if (!casualty || !port) {
      for (const holding of holdings) backlog.giveBack(holding)
      return false
    }
    const { guilty, suspects, innocent, cause } = verdictOn(port, holdings, casualty)
    const pieces = suspects.map(({ piece }) => piece)
    this.#parts.suspects.suspect(pieces, cause)
    for (const holding of [...suspects, ...innocent]) backlog.giveBack(holding)
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

  report(key: string, report: Messages['report'], payload: Payload): void {
    this.#reports.take(key, report, payload)
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
    if (this.#paused) this.#lending.rest()
    else this.#lending.lendAll()
  }

  #giveRoom(key: string, granted: Amount): void {
    const port = this.#ports.get(key)
    if (!port) return
    port.heardAt = this.#parts.now()
    port.worker.send('room', granted)
  }

  /** A record was the only one at work when its worker died. */
  #accuse(holding: Holding, casualty: Casualty): void {
    const { suspects, deaths, backlog, inQueue, condemned } = this.#parts
    const guilt = suspects.name(holding.piece.from, casualty)
    if (guilt.named.length < deaths) {
      backlog.giveBack(holding)
      return
    }
    if (!holding.aside) inQueue.setAside(holding.piece)
    condemned(holding, guilt)
  }

  /** In input order, whether the room that a worker asks for is what all the others wait for. */
  #holdsUpOthers(key: string): boolean {
    const { inputOrder } = this.#parts
    if (!inputOrder) return true
    const { front } = inputOrder
    return this.#ledger.holds(key, front) || !this.#ledger.isLent(front)
  }
}
