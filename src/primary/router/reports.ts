import type { Account } from '../../flow/account.js'
import type { Holding, Ledger } from '../../flow/ledger.js'
import type { Failure, Messages } from '../../link/messages.js'
import type { Batch, Origins } from '../../model/batch.js'
import { lengthOfPairs, spansOfPairs } from '../../model/pairs.js'
import type { Payload } from '../../model/payload.js'
import type { Span } from '../../model/span.js'
import type { Queue } from '../../queue/contract.js'
import type { Backlog } from './backlog.js'
import type { FlowMeter } from './flow-meter.js'
import type { Outlet } from './outlet.js'
import type { Port } from './port.js'
import type { Retries } from './retries.js'
import type { Room } from './room.js'

type Report = Messages['report']

export interface ReportsParts {
  readonly inQueue: Queue
  readonly account: Account
  readonly ports: ReadonlyMap<string, Port>
  readonly ledger: Ledger
  /** Where results go; absent when that is nowhere. */
  readonly out: { readonly room: Room; readonly outlet: Outlet } | undefined
  readonly backlog: Backlog
  readonly retries: Retries
  readonly flow: Pick<FlowMeter, 'moved' | 'delivered'>
  /** Nothing that came of these records can be lost any more. */
  settled(places: readonly Span[]): void
  now(): number
}

/**
 * Takes in what workers report: results go into the out-queue, records leave the in-queue, those that
 * failed wait for their retry, and those that were given back for somebody else.
 */
export class Reports {
  readonly #parts: ReportsParts
  #count = 0

  constructor(parts: ReportsParts) {
    this.#parts = parts
  }

  /** How many reports were taken in. */
  get count(): number {
    return this.#count
  }

  /** The results enter the out-queue before their records leave the in-queue. */
  take(key: string, report: Report, payload: Payload): void {
    const { done, dropped, results, failures = [], returned = [], credit, activity } = report
    const { account, flow, out, settled } = this.#parts
    const records = lengthOfPairs(done) - dropped
    this.#count++
    const worked = this.#takeBack(key, done)
    const readAt = oldestOf(worked)
    const batch = results > 0 ? batchOf(report, payload, readAt) : undefined
    if (batch) out!.room.spend(key, records, { records: results, bytes: payload.byteLength })
    this.#hear(key, report)
    const over = out ? out.outlet.done(done, dropped, batch) : [...spansOfPairs(done)]
    this.#finish(worked)
    account.counters.dropped += dropped
    if (results > 0) flow.moved('reported', results)
    if (!out) {
      account.counters.delivered += records
      flow.delivered(readAt, records)
    }
    settled(over)
    for (const failure of failures) this.#fail(key, failure)
    this.#giveBack(key, returned)
    const port = this.#parts.ports.get(key)
    if (!port) return
    port.credit.grant(credit)
    port.window = activity.window
    if (port.draining) port.handedOn += lengthOfPairs(returned)
  }

  #hear(key: string, { done, failures = [] }: Report): void {
    const port = this.#parts.ports.get(key)
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
      for (const holding of this.#parts.ledger.finish(key, from, to)) worked.push(holding)
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
    const { ledger, inQueue, backlog, retries } = this.#parts
    const [holding] = ledger.finish(key, failure.place, failure.place + 1)
    if (!holding) return
    if (!holding.aside) inQueue.setAside(holding.piece)
    backlog.survived(holding.piece)
    retries.failed(holding, failure)
  }

  #giveBack(key: string, returned: readonly number[]): void {
    const { ledger, backlog } = this.#parts
    for (const { from, to } of spansOfPairs(returned)) {
      for (const holding of ledger.finish(key, from, to)) backlog.giveBack(holding)
    }
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
function batchOf(report: Report, payload: Payload, readAt: number | undefined): Batch {
  const { results } = report
  const origins = originsOf(report)
  return { width: results, count: results, payload, origins, ...(readAt !== undefined && { readAt }) }
}

function originsOf({ from, deltas }: Report): Origins {
  if (!deltas) return { from }
  const column = new Uint32Array(deltas.byteLength / Uint32Array.BYTES_PER_ELEMENT)
  Buffer.from(column.buffer).set(deltas)
  return { from, deltas: column }
}
