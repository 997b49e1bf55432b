import type { Ledger } from '../../flow/ledger.js'
import type { RateLimit } from '../../flow/rate.js'
import { amountOf, bytesOf } from '../../model/batch.js'
import type { Queue } from '../../queue/contract.js'
import type { Backlog, Work } from './backlog.js'
import type { FlowMeter } from './flow-meter.js'
import type { InputOrder } from './input-order.js'
import type { WorkedOff } from './outlet.js'
import type { Port } from './port.js'
import type { Hold, Room } from './room.js'
import { type Stock, shareOf } from './share.js'

export interface LendingParts {
  readonly inQueue: Queue
  readonly ports: ReadonlyMap<string, Port>
  readonly ledger: Ledger
  /** Absent when results go nowhere. */
  readonly room: Room | undefined
  readonly backlog: Backlog
  readonly rate: RateLimit
  /** Present when results leave in input order. */
  readonly inputOrder: InputOrder<WorkedOff> | undefined
  readonly flow: Pick<FlowMeter, 'moved' | 'lent'>
  now(): number
}

/** Lends pieces of the backlog to workers, within their credit, their share and the room there is for results. */
export class Lending {
  readonly #parts: LendingParts
  /** Where the round goes on, so that no worker is always first. */
  #next = 0
  /** Workers that the last round left with an empty hand because there was no room for results. */
  #roomless = 0

  constructor(parts: LendingParts) {
    this.#parts = parts
  }

  get roomless(): number {
    return this.#roomless
  }

  /** Lends as much as can be lent, in turns. */
  lendAll(): void {
    this.#roomless = 0
    const ports = [...this.#parts.ports.values()]
    const stock = this.#stock
    for (let idle = 0; idle < ports.length; ) {
      const port = ports[this.#next++ % ports.length]!
      const lent = this.#lendTo(port, stock)
      idle = lent ? 0 : idle + 1
      if (lent) this.#roomless = 0
    }
  }

  /** Nothing is lent, so nobody goes without for want of room. */
  rest(): void {
    this.#roomless = 0
  }

  /** Stays what it is while records are lent. */
  get #stock(): Stock {
    const { inQueue, ports, ledger } = this.#parts
    let records = inQueue.waiting
    let workers = 0
    for (const [key, { draining }] of ports) {
      records += ledger.inHand(key)
      if (!draining) workers++
    }
    return { records, workers }
  }

  #lendTo(port: Port, stock: Stock): boolean {
    const { ledger, rate, backlog } = this.#parts
    const { worker, credit, window, least } = port
    if (port.draining || credit.available.records < 1 || credit.available.bytes < 1) return false
    const inHand = ledger.inHand(worker.key)
    const room = this.#roomFor(worker.key, { inHand, window })
    if (room < 1 && inHand === 0) this.#roomless++
    const allowed = rate.allowed(this.#parts.now())
    const records = Math.min(credit.available.records, room, allowed)
    const share = shareOf({ window, least, inHand }, stock)
    const limit = { records: Math.min(records, share), bytes: credit.available.bytes }
    const scrap = inHand >= least && this.#isScrap(Math.min(credit.available.records, share), window)
    if (records >= 1 && (share < 1 || scrap)) return false
    const work = records < 1 ? this.#takeOldest(allowed) : backlog.take(limit, this.#before)
    if (!work) return false
    this.#lend(port, work)
    return true
  }

  /** To cut so little off the next batch is better done later, for a worker that has others: what is cut stays cut. */
  #isScrap(records: number, window: number): boolean {
    const { next, capacity } = this.#parts.inQueue
    const width = next ? next.to - next.from : 0
    return records < Math.min(width, window / 2, capacity.records / 2)
  }

  /** While somebody waits for room, nothing new is begun, or what comes free goes to others for ever. */
  #roomFor(key: string, hold: Hold): number {
    const { room, ports } = this.#parts
    if (!room) return Number.POSITIVE_INFINITY
    return room.wanted ? 0 : room.recordsFor(key, hold, ports.size)
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
    const { flow, ledger, rate, room: rooms } = this.#parts
    const { worker, credit } = port
    const { key } = worker
    const since = this.#parts.now()
    if (ledger.inHand(key) === 0) port.heardAt = since
    ledger.lend(key, { piece, attempt, since, ...(aside && { aside }) })
    rate.spend(piece.to - piece.from)
    credit.spendUpTo(amountOf(piece))
    const room = rooms?.reserve(key, ledger.inHand(key)) ?? { records: 0, bytes: 0 }
    const { from, to, skip, batch } = piece
    flow.moved('lent', to - from)
    if (!aside) flow.lent(batch.readAt, to - from)
    const lent = { from, count: to - from, skip, total: batch.width, bytes: bytesOf(piece) }
    worker.send('lend', { ...lent, attempt, room, ...(careful && { careful }) }, batch.payload)
  }
}
