import { decodeBatch, encodeBatch } from '../../src/codec/batch.js'
import { codecNamed } from '../../src/codec/codec.js'
import { Credit } from '../../src/flow/credit.js'
import type { Message, Messages } from '../../src/link/messages.js'
import { placesIn } from '../../src/model/pairs.js'
import { startWorker, type WorkerLoop } from '../../src/worker/loop.js'
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
}

/** A worker on a bench: plays the primary, lends within credit, and checks every report. */
export class WorkerBench {
  readonly link = new FakeLink((message) => this.#heard(message))
  /** What became of each place; throws when a place is reported twice, or was not lent. */
  readonly fates = new Map<number, 'done' | 'failed' | 'returned'>()
  readonly results = new Map<number, unknown[]>()
  readonly resultIds: string[] = []
  readonly failures: NonNullable<Messages['report']['failures']>[number][] = []
  dropped = 0
  reports = 0
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
    const { concurrency = 1, delivers = true, batchBytes = 2 ** 16 } = this.#options
    this.#loop = await startWorker({
      spec: specOf('worker', { batchBytes, worker: { module: ref, concurrency, delivers } }),
      link: this.link,
      log: quietLog,
      signal: new AbortController().signal,
      codec,
      module: workerFrom(exports, ref),
    })
    this.#loop.begin()
    return this.#loop
  }

  /** Lends these values in one batch, with so many other values of the batch before and behind them. */
  lend(values: readonly unknown[], around = 0, attempt = 1): void {
    const filler = new Array<unknown>(around).fill('not lent')
    const all = [...filler, ...values, ...filler]
    const from = this.#lent
    this.#lent += values.length
    this.#inHand += values.length
    const payload = encodeBatch({ values: all, ids: { prefix: 'id', first: from - around } }, codec)
    const room = { records: this.#options.room ?? 1000, bytes: (this.#options.room ?? 1000) * 1000 }
    this.#room.grant(room)
    this.#credit.spendUpTo({ records: values.length, bytes: 0 })
    const body = { from, count: values.length, skip: around, total: all.length, bytes: 10, attempt, room }
    this.#loop.message({ kind: 'lend', body, payload })
  }

  /** Resolves when every lent place was reported. */
  allReported(): Promise<void> {
    return this.link.until(() => this.#inHand === 0)
  }

  #heard({ kind, body, payload }: Message): void {
    if (kind === 'ready') this.#credit.grant(body)
    if (kind === 'need') this.#answer(body)
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

  #take(report: Messages['report'], payload: Uint8Array): void {
    this.reports++
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

  #takeResults({ results, from, deltas, done }: Messages['report'], payload: Uint8Array): void {
    const { values, ids } = decodeBatch(payload, results, codec)
    if (deltas && deltas.byteLength !== results * 4) throw new Error('a delta is missing')
    const column = deltas && new Uint32Array(Uint8Array.from(deltas).buffer)
    const places = new Set(placesIn(done))
    values.forEach((value, index) => {
      const place = from + (column ? column[index]! : index)
      if (!places.has(place)) throw new Error(`a result of ${place}, which is not done`)
      this.results.set(place, [...(this.results.get(place) ?? []), value])
      if ('list' in ids) this.resultIds.push(ids.list[index]!)
    })
  }

  #came(fate: 'done' | 'failed' | 'returned', place: number): void {
    if (place >= this.#lent) throw new Error(`${place} was never lent`)
    if (this.fates.has(place)) throw new Error(`${place} was reported twice`)
    this.fates.set(place, fate)
    this.#inHand--
  }
}
