import { encodeBatch } from '../../../../src/codec/batch.js'
import { codecNamed } from '../../../../src/codec/codec.js'
import type { Order } from '../../../../src/config/config.js'
import { Account } from '../../../../src/flow/account.js'
import { RateLimit } from '../../../../src/flow/rate.js'
import type { Batch, Piece } from '../../../../src/model/batch.js'
import { Backlog } from '../../../../src/primary/router/backlog.js'
import { Delivery } from '../../../../src/primary/router/delivery.js'
import { Dispatch } from '../../../../src/primary/router/dispatch.js'
import { FlowMeter } from '../../../../src/primary/router/flow-meter.js'
import { InputOrder } from '../../../../src/primary/router/input-order.js'
import { KeyOrder } from '../../../../src/primary/router/key-order.js'
import { Retries } from '../../../../src/primary/router/retries.js'
import { Suspects } from '../../../../src/primary/router/suspects.js'
import { MemoryQueue } from '../../../../src/queue/memory.js'
import { FakeClock } from '../../../fake-clock.js'
import { MillSender } from './sender.js'
import { inSlot } from './slots.js'
import { HAND, MillWorker, ownersIn, RESULT } from './worker.js'

const inCapacity = { records: 20, bytes: 20_000 }
const outCapacity = { records: 8, bytes: 64 }

/** How many results the most generous record has: more than the out-queue ever has room for. */
export const MOST_RESULTS = 20

/** The results of one report are let in together, if there could never be room for them: the one overdraft. */
const OVERDRAFT = MOST_RESULTS * HAND

const codec = codecNamed('msgpack')

const keyOf = (record: number) => `key ${record % 4}`

/** Records whose value is their place. */
function keyedRecords(from: number, count: number): Batch {
  const values = Array.from({ length: count }, (_, i) => from + i)
  const keys = values.map(keyOf)
  const payload = encodeBatch({ values, ids: { prefix: '', first: from }, keys }, codec)
  return { width: count, count, payload: inSlot(payload) }
}

const quiet = { readable: () => {}, writable: () => {}, blocked: () => {} }

/**
 * The primary's flow of records between fake processes, and a plain account beside it of what must
 * come of each record. Throws as soon as something is not as it must be.
 */
export class Mill {
  readonly order: Order
  readonly clock = new FakeClock()
  readonly account = new Account()
  readonly workers: MillWorker[] = []
  sender!: MillSender
  readonly #fates = new Map<number, 'delivered' | 'dropped' | 'dead'>()
  readonly #rejected = new Set<number>()
  /** The last record that was confirmed, of each key or of all. */
  readonly #confirmed = new Map<string, number>()
  /** Results of each record that were reported and not confirmed. */
  readonly #results = new Map<number, number>()
  /** Letters that are being written; done when the test says so. */
  readonly #keeping: (() => void)[] = []
  readonly #in = new MemoryQueue(inCapacity, { ...quiet, failed: this.#broken })
  readonly #out = new MemoryQueue(outCapacity, { ...quiet, failed: this.#broken })
  readonly #suspects = new Suspects()
  readonly #flow = new FlowMeter(() => this.clock.now())
  #next = 0
  readonly #retries = new Retries({
    policy: { attempts: 3, backoff: 10, factor: 2, maxBackoff: 100 },
    clock: this.clock,
    extract: ({ from, to }) => ({ batch: keyedRecords(from, 1), from, to, skip: 0 }),
    retried: () => this.account.counters.retried++,
    giveUp: (piece) => this.#giveUp(piece),
    wake: () => this.pump(),
  })
  readonly #backlog: Backlog
  readonly #dispatch: Dispatch
  readonly #delivery = new Delivery({
    queue: this.#out,
    account: this.account,
    flow: this.#flow,
    sinkState: undefined,
    keep: (_, then) => this.#keeping.push(then),
    delivered: (results) => this.#dispatch.secured(results),
    settled: () => {},
    marked: () => {},
    synced: () => {},
    now: () => this.clock.now(),
  })
  #generation = 0

  constructor(workers: number, order: Order = 'none') {
    this.order = order
    this.#backlog = new Backlog({
      inQueue: this.#in,
      retries: this.#retries,
      suspects: this.#suspects,
      keys: order === 'key' ? new KeyOrder() : undefined,
      full: () => this.#retries.waiting >= 5,
    })
    this.#dispatch = new Dispatch({
      inQueue: this.#in,
      outQueue: this.#out,
      account: this.account,
      backlog: this.#backlog,
      retries: this.#retries,
      suspects: this.#suspects,
      rate: new RateLimit(undefined, 0),
      inputOrder: order === 'input' ? new InputOrder(0, outCapacity.records) : undefined,
      deaths: 2,
      flow: this.#flow,
      settled: (places) => {
        for (const span of places) this.#in.settle(span)
      },
      condemned: ({ piece }) => this.#giveUp(piece),
      now: () => this.clock.now(),
    })
    for (let index = 0; index < workers; index++) this.#startWorker(index)
    this.#startSender()
  }

  get settled(): boolean {
    return this.#in.empty && this.#out.empty && this.account.inFlight === 0
  }

  offer(count: number): void {
    const batch = keyedRecords(this.#next, count)
    if (this.#in.room.records < count || this.#in.room.bytes < batch.payload.byteLength) return
    this.#in.offer(batch, this.#next)
    this.#next += count
    this.account.counters.read += count
  }

  /** The primary hears what a worker told it. */
  hearWorker(index: number, most = Number.POSITIVE_INFINITY): void {
    const worker = this.workers[index]!
    for (const told of worker.outbox.splice(0, most)) {
      if (told.kind === 'need') {
        this.#dispatch.need(worker.key, told.body)
        continue
      }
      if (told.kind === 'begin') {
        this.#dispatch.begin(worker.key, told.body)
        continue
      }
      this.#dispatch.report(worker.key, told.body, inSlot(told.payload))
      this.#noteReport(told)
    }
  }

  hearSender(): void {
    for (const { body, results } of this.sender.outbox.splice(0)) {
      this.#delivery.confirm(this.sender.key, body)
      for (const { id } of body.rejected ?? []) this.#rejected.add(Number(id))
      for (const { record } of results) {
        const left = this.#results.get(record)! - 1
        this.#results.set(record, left)
        this.#checkOrder(record)
        if (left === 0) this.#came(this.#rejected.has(record) ? 'dead' : 'delivered', record)
      }
    }
  }

  /** @param bookmark whether it kept one: what it was at is known then */
  killWorker(index: number, bookmark = false): void {
    const { key, at } = this.workers[index]!
    const casualty = { process: key, at: 0, name: 'WorkerDied', how: 'it died', trace: '' } as const
    this.#dispatch.detach(key, { ...casualty, ...(bookmark && { atWork: at }) })
    this.#startWorker(index)
  }

  killSender(): void {
    this.#delivery.detach(this.sender.key)
    this.#startSender()
  }

  keepLetters(): void {
    for (const kept of this.#keeping.splice(0)) kept()
  }

  pump(): void {
    this.#dispatch.pump()
    this.#delivery.pump()
  }

  /** What must hold at every moment. */
  check(): void {
    const { records, bytes } = this.#out.size
    if (records > outCapacity.records + OVERDRAFT) throw new Error(`${records} results in the out-queue`)
    if (bytes > outCapacity.bytes + OVERDRAFT * RESULT) throw new Error(`${bytes} bytes in the out-queue`)
    const held = this.workers.flatMap(({ places }) => places)
    if (new Set(held).size !== held.length) throw new Error('a record is in two hands')
    const keys = held.map(keyOf)
    if (this.order === 'key' && new Set(keys).size !== keys.length) throw new Error('two of one key at once')
    for (const arrival of this.sender.arrivals.splice(0)) {
      for (const record of new Set(arrival)) {
        const first = arrival.indexOf(record)
        const together = arrival.lastIndexOf(record) - first + 1
        if (together < this.#results.get(record)!) throw new Error(`the results of ${record} came apart`)
      }
    }
  }

  /** What must hold at the end. */
  checkAccount(): void {
    const { read, delivered, dropped, deadLettered } = this.account.counters
    const count = (fate: string) => [...this.#fates.values()].filter((its) => its === fate).length
    const expected = [this.#fates.size, count('delivered'), count('dropped'), count('dead')]
    const found = [read, delivered, dropped, deadLettered]
    if (found.join() !== expected.join()) throw new Error(`the account is ${found}, not ${expected}`)
    if (this.#retries.waiting > 0) throw new Error('a record still waits for its retry')
  }

  #giveUp(piece: Piece): void {
    this.#keeping.push(() => {
      this.#came('dead', piece.from)
      this.account.counters.deadLettered++
      this.#in.settle({ from: piece.from, to: piece.to })
      this.#backlog.over(piece)
      this.#dispatch.passed({ from: piece.from, to: piece.to })
    })
  }

  /** Results are confirmed in the order that was asked for. */
  #checkOrder(record: number): void {
    if (this.order === 'none') return
    const line = this.order === 'key' ? keyOf(record) : 'all'
    const before = this.#confirmed.get(line) ?? -1
    if (record < before) throw new Error(`${record} was delivered after ${before}`)
    this.#confirmed.set(line, record)
  }

  #noteReport({ body, payload }: Extract<MillWorker['outbox'][number], { kind: 'report' }>): void {
    for (const record of ownersIn(payload)) this.#results.set(record, (this.#results.get(record) ?? 0) + 1)
    for (let i = 0; i < body.done.length; i += 2) {
      for (let place = body.done[i]!; place < body.done[i + 1]!; place++) {
        if (!this.#results.has(place)) this.#came('dropped', place)
      }
    }
  }

  #came(fate: 'delivered' | 'dropped' | 'dead', record: number): void {
    const before = this.#fates.get(record)
    if (before) throw new Error(`${record} was ${before}, and now it is ${fate}`)
    this.#fates.set(record, fate)
  }

  #startWorker(index: number): void {
    const worker = new MillWorker(`worker:${index + 1}/${++this.#generation}`, this.order === 'input')
    this.workers[index] = worker
    this.#dispatch.attach(worker)
    this.#dispatch.ready(worker.key, worker.begin())
  }

  #startSender(): void {
    this.sender = new MillSender(`sender/${++this.#generation}`)
    this.#delivery.attach(this.sender)
    this.#delivery.ready(this.sender.begin())
  }

  #broken(error: Error): void {
    throw error
  }
}
