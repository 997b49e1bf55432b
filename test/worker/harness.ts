import { decodeResults, encodeBatch, encodeRegion } from '../../src/codec/batch.js'
import { codecNamed } from '../../src/codec/codec.js'
import { LineRun } from '../../src/codec/lines.js'
import { Credit } from '../../src/flow/credit.js'
import type { Message, Messages } from '../../src/link/messages.js'
import type { Clock } from '../../src/model/clock.js'
import type { Ids } from '../../src/model/ids.js'
import type { Logger } from '../../src/model/logger.js'
import { placesIn } from '../../src/model/pairs.js'
import type { Payload } from '../../src/model/payload.js'
import type { LineFormat, Region } from '../../src/model/region.js'
import { startWorker, type WorkerLoop, type WorkerParts } from '../../src/worker/loop.js'
import type { Report } from '../../src/worker/reports.js'
import { workerFrom } from '../../src/worker/user-module.js'
import { FakeLink } from '../fake-link.js'
import { quietLog } from '../quiet-log.js'
import { specOf } from '../specs.js'

const codec = codecNamed('msgpack')

export interface BenchOptions {
  readonly concurrency?: number
  readonly delivers?: boolean
  /** Room for results that is given with every lend, whether asked for or not. */
  readonly room?: number
  readonly batchBytes?: number
  /** Milliseconds of {@link clock}. */
  readonly timeout?: number
  readonly inOrder?: boolean
  readonly lines?: LineFormat
  readonly clock?: Clock
  readonly log?: Logger
  readonly bookmark?: WorkerParts['bookmark']
}

/** A link that what is sent leaves at once, unless it is held. */
class BenchLink extends FakeLink {
  readonly #held: (() => void)[] = []
  holds = false

  flushed(): Promise<void> {
    return this.holds ? new Promise((resolve) => this.#held.push(resolve)) : Promise.resolve()
  }

  /** Everything that was held leaves. */
  release(): void {
    this.holds = false
    for (const leave of this.#held.splice(0)) leave()
  }
}

/** A worker on a bench: plays the primary, lends within credit, and checks every report. */
export class WorkerBench {
  readonly link = new BenchLink((message) => this.#heard(message))
  /** What became of each place; throws when a place is reported twice, or was not lent. */
  readonly fates = new Map<number, 'done' | 'failed' | 'returned'>()
  readonly results = new Map<number, unknown[]>()
  readonly resultIds: string[] = []
  readonly failures: NonNullable<Messages['report']['failures']>[number][] = []
  dropped = 0
  reports = 0
  readonly aborter = new AbortController()
  /** What happened, in order: `announced 3`, `reported 3`, and whatever a handler adds. */
  readonly history: string[] = []
  readonly #credit = new Credit()
  readonly #room = new Credit()
  readonly #options: BenchOptions
  #loop!: WorkerLoop
  #lent = 0
  #inHand = 0

  constructor(options: BenchOptions = {}) {
    this.#options = options
  }

  get credit(): number {
    return this.#credit.available.records
  }

  async start(exports: Readonly<Record<string, unknown>>): Promise<WorkerLoop> {
    const ref = { path: '/mill/worker.mjs', with: { setting: 1 } }
    const { batchBytes = 2 ** 16, clock, log = quietLog, bookmark, room: _, ...more } = this.#options
    this.#loop = await startWorker({
      spec: specOf('worker', {
        batchBytes,
        worker: { module: ref, concurrency: 1, delivers: true, ...more },
      }),
      link: this.link,
      log,
      signal: this.aborter.signal,
      ...(clock && { clock }),
      bookmark,
      codec,
      module: workerFrom(exports, ref),
    })
    this.#loop.begin()
    return this.#loop
  }

  /** Lends these values in one batch, with so many other values of the batch before and behind them. */
  lend(values: readonly unknown[], around = 0, attempt = 1, careful = false): void {
    const filler = new Array<unknown>(around).fill('not lent')
    const all = [...filler, ...values, ...filler]
    const from = this.#lent
    this.#lent += values.length
    this.#inHand += values.length
    const payload = encodeBatch({ values: all, ids: { prefix: 'id', first: from - around } }, codec)
    const lent = { from, count: values.length, skip: around, total: all.length }
    this.#lend({ ...lent, attempt, ...(careful && { careful }) }, payload)
  }

  /** Lends lines of a file, all but the first `skip` and the last. */
  lendRegion(region: Region, total: number, skip: number): void {
    const count = total - skip - 1
    const from = this.#lent
    this.#lent += count
    this.#inHand += count
    this.#lend({ from, count, skip, total, attempt: 1 }, encodeRegion(region))
  }

  #lend(lent: Omit<Messages['lend'], 'room' | 'bytes'>, payload: Payload): void {
    const room = { records: this.#options.room ?? 1000, bytes: (this.#options.room ?? 1000) * 1000 }
    this.#room.grant(room)
    this.#credit.spendUpTo({ records: lent.count, bytes: 0 })
    this.#loop.message({ kind: 'lend', body: { ...lent, bytes: 10, room }, payload })
    this.#loop.heard()
  }

  /** Lends these values because one of them may have taken a worker along. */
  lendCarefully(values: readonly unknown[]): void {
    this.lend(values, 0, 1, true)
  }

  /** Resolves when every lent place was reported. */
  allReported(): Promise<void> {
    return this.link.until(() => this.#inHand === 0)
  }

  #heard({ kind, body, payload }: Message): void {
    if (kind === 'ready') this.#credit.grant(body)
    if (kind === 'need') this.#answer(body)
    if (kind === 'begin') this.history.push(`announced ${body.place}`)
    if (kind === 'report') this.#take(body, payload)
  }

  /** As a primary does: later, and as much as is lacking. */
  #answer(needed: Messages['need']): void {
    setImmediate(() => {
      const { records, bytes } = this.#room.available
      const room = {
        records: Math.max(0, needed.records - records),
        bytes: Math.max(0, needed.bytes - bytes),
      }
      this.#room.grant(room)
      this.#loop.message({ kind: 'room', body: room, payload: new Uint8Array(0) })
    })
  }

  #take(report: Messages['report'], payload: Payload): void {
    this.reports++
    if (this.#options.inOrder) checkOrder(report)
    this.dropped += report.dropped
    this.#credit.grant(report.credit)
    if (report.results > 0) {
      this.#room.spend({ records: report.results, bytes: payload.byteLength })
      this.#takeResults(report, payload)
    }
    for (const place of placesIn(report.done)) this.#came('done', place)
    for (const failure of report.failures ?? []) {
      this.failures.push(failure)
      this.#came('failed', failure.place)
    }
    for (const place of placesIn(report.returned ?? [])) this.#came('returned', place)
  }

  #takeResults({ results, from, deltas, done }: Messages['report'], payload: Payload): void {
    const { values, ids } = resultsIn(payload, results)
    if (deltas && deltas.byteLength !== results * 4) throw new Error('a delta is missing')
    const column = deltas && new Uint32Array(Uint8Array.from(deltas).buffer)
    const places = new Set(placesIn(done))
    values.forEach((value, index) => {
      const place = from + (column ? column[index]! : index)
      if (!places.has(place)) throw new Error(`a result of ${place}, which is not done`)
      this.results.set(place, [...(this.results.get(place) ?? []), value])
      if (ids && 'list' in ids) this.resultIds.push(ids.list[index]!)
    })
  }

  #came(fate: 'done' | 'failed' | 'returned', place: number): void {
    if (place >= this.#lent) throw new Error(`${place} was never lent`)
    if (this.fates.has(place)) throw new Error(`${place} was reported twice`)
    this.fates.set(place, fate)
    this.history.push(`${fate === 'returned' ? 'returned' : 'reported'} ${place}`)
    this.#inHand--
  }
}

/** Lines with their ends, or values. */
function resultsIn(payload: Payload, count: number): { values: readonly unknown[]; ids?: Ids } {
  const results = decodeResults(payload, count, codec)
  if (!(results instanceof LineRun)) return results
  return { values: Array.from({ length: count }, (_, i) => results.bytesOf(i, i + 1).toString()) }
}

/** Throws unless a report covers one unbroken run of places, with its results in order. */
export function checkOrder({ done, dropped, results, from, deltas }: Report['body']): void {
  if (done.length > 2) throw new Error(`a report of ${done} is not one run`)
  const [first = 0, end = 0] = done
  const column = deltas && new Uint32Array(Uint8Array.from(deltas).buffer)
  const places = Array.from({ length: results }, (_, index) => from + (column ? column[index]! : index))
  if (places.some((place, index) => place < (places[index - 1] ?? first) || place >= end))
    throw new Error(`results of ${places} in a report of ${done}`)
  if (dropped !== end - first - new Set(places).size) throw new Error(`${dropped} are not all that have none`)
}
