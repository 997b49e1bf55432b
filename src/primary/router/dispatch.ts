import type { Account } from '../../flow/account.js'
import { Credit } from '../../flow/credit.js'
import { type Holding, Ledger } from '../../flow/ledger.js'
import type { Failure, Messages } from '../../link/messages.js'
import type { Amount } from '../../model/amount.js'
import { amountOf, bytesOf, type Origins, type Piece } from '../../model/batch.js'
import { placesBehind, recordsBehind } from '../../model/origins.js'
import type { Span } from '../../model/span.js'
import type { Queue } from '../../queue/contract.js'
import type { LinkEnd } from '../processes/child-process.js'
import type { Retries } from './retries.js'
import { Room } from './room.js'
import { Settlements } from './settlements.js'

/** Records that the writer puts into a batch if it has so many at hand, however slow they are. */
const SHORTEST_BATCH = 32

/** A worker that records can be lent to. */
interface Port {
  readonly worker: LinkEnd
  readonly credit: Credit
  /** No more is lent to it; it finishes what it has. */
  draining: boolean
  /** Records that it would like to have in hand. */
  window: number
}

export interface DispatchParts {
  readonly inQueue: Queue
  /** Absent when results go nowhere. */
  readonly outQueue: Queue | undefined
  readonly account: Account
  readonly retries: Retries
  /** So many records wait outside of the queue that no new one should be begun. */
  full(): boolean
  now(): number
}

/**
 * Between the queues: lends pieces of the in-queue to workers within their credit and the room
 * there is for results, takes in what they report, and knows who holds what.
 *
 * ```
 *   in-queue ──take──→ lend ──→ worker ──→ report ──→ out-queue
 *      ↑ └─ retries ───↑                     │
 *      └───────────── given back ←───────────┴── died
 * ```
 */
export class Dispatch {
  readonly #parts: DispatchParts
  readonly #ports = new Map<string, Port>()
  readonly #ledger = new Ledger()
  readonly #room: Room | undefined
  readonly #settlements = new Settlements()
  /** Where the round of lending goes on, so that no worker is always first. */
  #next = 0
  #paused = false

  constructor(parts: DispatchParts) {
    this.#parts = parts
    this.#room = parts.outQueue && new Room(parts.outQueue)
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

  /**
   * How long the writer should make its batches: a quarter of what a worker wants in hand. Slow
   * records come in batches too, since lending a part of one is cheaper than a batch for each.
   */
  get batchTarget(): number {
    let windows = 0
    for (const { window } of this.#ports.values()) windows += window
    return Math.max(SHORTEST_BATCH, Math.floor(windows / Math.max(1, this.#ports.size) / 4))
  }

  attach(worker: LinkEnd): void {
    this.#ports.set(worker.key, { worker, credit: new Credit(), draining: false, window: 1 })
  }

  /** Lends a worker no more. It is drained when nothing is left in its hand. */
  drain(key: string): void {
    const port = this.#ports.get(key)
    if (port) port.draining = true
  }

  /** A worker is gone: what it held goes out again, at the head of the queue. */
  detach(key: string): void {
    this.#ports.delete(key)
    this.#room?.release(key)
    for (const holding of this.#ledger.loseAll(key)) this.#giveBack(holding)
  }

  pause(paused: boolean): void {
    this.#paused = paused
  }

  ready(key: string, credit: Amount): void {
    this.#ports.get(key)?.credit.grant(credit)
  }

  need(key: string, amount: Amount): void {
    this.#room?.ask(key, amount)
  }

  /** Takes in what a worker reports. The results enter the out-queue before their records leave its hand. */
  report(key: string, report: Messages['report'], payload: Uint8Array): void {
    const { done, dropped, results, failures = [], returned = [], credit, activity } = report
    const records = lengthOf(done)
    const origins = results > 0 ? originsOf(report) : undefined
    if (origins) this.#takeResults(key, records - dropped, { origins, results, payload })
    this.#finish(key, done, origins, results)
    const { counters } = this.#parts.account
    counters.dropped += dropped
    if (!this.#parts.outQueue) counters.delivered += records - dropped
    for (const failure of failures) this.#fail(key, failure)
    for (const span of spansOf(returned)) {
      for (const holding of this.#ledger.finish(key, span.from, span.to)) this.#giveBack(holding)
    }
    const port = this.#ports.get(key)
    if (!port) return
    port.credit.grant(credit)
    port.window = activity.window
  }

  /** These results are secured downstream, and with them the records they came from. */
  secured(results: Span): void {
    for (const places of this.#settlements.secured(results)) this.#parts.inQueue.settle(places)
  }

  /** Lends as much as credit and room allow, and answers workers that asked for room. */
  pump(): void {
    for (const [key, granted] of this.#room?.answers() ?? [])
      this.#ports.get(key)?.worker.send('room', granted)
    if (this.#paused || this.#room?.wanted) return
    const ports = [...this.#ports.values()]
    for (let idle = 0; idle < ports.length; ) {
      const port = ports[this.#next++ % ports.length]!
      idle = this.#lendTo(port) ? 0 : idle + 1
    }
  }

  #lendTo(port: Port): boolean {
    const { worker, credit } = port
    if (port.draining || credit.available.records < 1 || credit.available.bytes < 1) return false
    const inHand = this.#ledger.inHand(worker.key)
    const room = this.#room?.recordsFor(worker.key, inHand, this.#ports.size) ?? Number.POSITIVE_INFINITY
    const limit = { records: Math.min(credit.available.records, room), bytes: credit.available.bytes }
    if (limit.records < 1) return false
    const lent = this.#parts.retries.takeDue() ?? this.#takeNew(limit)
    if (!lent) return false
    this.#lend(port, lent.piece, lent.attempt)
    return true
  }

  #takeNew(limit: Amount): { piece: Piece; attempt: number } | undefined {
    if (this.#parts.full()) return undefined
    const piece = this.#parts.inQueue.take(limit)
    return piece && { piece, attempt: 1 }
  }

  #lend({ worker, credit }: Port, piece: Piece, attempt: number): void {
    const { key } = worker
    this.#ledger.lend(key, { piece, attempt, since: this.#parts.now() })
    const amount = amountOf(piece)
    credit.spendUpTo(amount)
    const room = this.#room?.reserve(key, this.#ledger.inHand(key)) ?? { records: 0, bytes: 0 }
    const { from, to, skip, batch } = piece
    const lent = { from, count: to - from, skip, total: batch.width, bytes: bytesOf(piece) }
    worker.send('lend', { ...lent, attempt, room }, batch.payload)
  }

  #takeResults(
    key: string,
    records: number,
    made: { readonly origins: Origins; readonly results: number; readonly payload: Uint8Array },
  ): void {
    const { origins, results, payload } = made
    this.#room!.spend(key, records, { records: results, bytes: payload.byteLength })
    // Room is the authority on the bound here; it lets one record's results go beyond it.
    const places = this.#parts.outQueue!.offer({ width: results, count: results, payload, origins }, true)
    this.#settlements.expect(places, origins)
  }

  /** Takes worked-off places out of the worker's hand; those that left no result are settled now. */
  #finish(key: string, done: readonly number[], origins: Origins | undefined, results: number): void {
    const { inQueue } = this.#parts
    const withResults = origins ? recordsBehind(origins, 0, results) : 0
    for (const span of spansOf(done)) {
      for (const holding of this.#ledger.finish(key, span.from, span.to)) this.#decide(holding)
    }
    if (withResults === lengthOf(done)) return
    const settled = origins ? placesBehind(origins, 0, results).sort((a, b) => a.from - b.from) : []
    for (const span of spansOf(done)) for (const rest of without(span, settled)) inQueue.settle(rest)
  }

  /** Retries left the bound of the queue when they were set aside. */
  #decide({ piece, attempt }: Holding): void {
    if (attempt === 1) this.#parts.inQueue.decide(piece)
  }

  #giveBack({ piece, attempt }: Holding): void {
    if (attempt === 1) this.#parts.inQueue.giveBack(piece)
    else this.#parts.retries.again(piece, attempt)
  }

  #fail(key: string, failure: Failure): void {
    const [holding] = this.#ledger.finish(key, failure.place, failure.place + 1)
    if (!holding) return
    if (holding.attempt === 1) this.#parts.inQueue.setAside(holding.piece)
    this.#parts.retries.failed(holding, failure)
  }
}

function originsOf({ from, deltas }: Messages['report']): Origins {
  if (!deltas) return { from }
  const column = new Uint32Array(deltas.byteLength / Uint32Array.BYTES_PER_ELEMENT)
  Buffer.from(column.buffer).set(deltas)
  return { from, deltas: column }
}

function* spansOf(pairs: readonly number[]): Generator<Span> {
  for (let i = 0; i < pairs.length; i += 2) yield { from: pairs[i]!, to: pairs[i + 1]! }
}

const lengthOf = (pairs: readonly number[]): number =>
  pairs.reduce((length, place, index) => length + (index % 2 ? place : -place), 0)

/** The parts of a span that none of the ordered `others` covers. */
function* without(span: Span, others: readonly Span[]): Generator<Span> {
  let { from } = span
  for (const other of others) {
    if (other.to <= from) continue
    if (other.from >= span.to) break
    if (other.from > from) yield { from, to: other.from }
    from = other.to
  }
  if (from < span.to) yield { from, to: span.to }
}
