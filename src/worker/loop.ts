import { decodeBatch } from '../codec/batch.js'
import type { Codec } from '../codec/codec.js'
import type { SizeLimits } from '../codec/encode-within.js'
import { MillraceError, messageOf } from '../errors.js'
import { Credit } from '../flow/credit.js'
import { Receiver } from '../flow/receiver.js'
import { Window } from '../flow/window.js'
import type { ChildSpec } from '../link/control.js'
import type { Link } from '../link/link.js'
import type { Activity, Message, Messages } from '../link/messages.js'
import { systemClock } from '../model/clock.js'
import { idAt } from '../model/ids.js'
import type { Logger } from '../model/logger.js'
import { BatchCalls, type Calls, type Outcomes, SingleCalls } from './calls.js'
import { drop, type WorkerSurroundings } from './context.js'
import { Hand, type Lend } from './hand.js'
import { Outbox } from './outbox.js'
import { type Report, reportsOf } from './reports.js'
import type { WorkerModule } from './user-module.js'

/** Results leave at the latest so many milliseconds after they are made, though more work is at hand. */
const REPORT_EVERY_MS = 2

/** How many records are handled between two looks at the clock, while they are fast. */
const RECORDS_BETWEEN_LOOKS = 4

/** Below so many milliseconds a record is fast in that sense. */
const FAST_MS = 0.05

export interface WorkerParts {
  readonly spec: ChildSpec
  readonly link: Pick<Link, 'send'>
  readonly log: Logger
  readonly signal: AbortSignal
  readonly codec: Codec
  readonly module: WorkerModule
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
 * It grants credit for as many records as it can handle in some 15 ms, reports when it has nothing
 * more at hand or every 2 ms, and gives back what would wait too long.
 */
export class WorkerLoop implements Outcomes {
  readonly #parts: WorkerParts
  readonly #surroundings: WorkerSurroundings
  readonly #delivers: boolean
  readonly #window: Window
  readonly #hand = new Hand()
  readonly #calls: Calls
  readonly #receiver: Receiver
  /** Results that the primary has room for. */
  readonly #room = new Credit()
  /** Reports whose results wait for room, oldest first. */
  readonly #waiting: Report[] = []
  #outbox = new Outbox()
  #asked = false
  #reportDue = false
  #inLoop = false
  #unlooked = 0
  #idle = true
  /** Since when the time of `#handled` records is being measured. */
  #mark = 0
  #handled = 0
  #activity = { handled: 0, busy: 0 }

  constructor(parts: WorkerParts, surroundings: WorkerSurroundings) {
    const { module, spec } = parts
    this.#parts = parts
    this.#surroundings = surroundings
    this.#delivers = spec.worker?.delivers ?? true
    const concurrency = spec.worker?.concurrency ?? 1
    const ends = { hand: this.#hand, outcomes: this }
    if ('one' in module.handle) {
      this.#window = new Window(concurrency)
      this.#calls = new SingleCalls(module.handle.one, concurrency, surroundings, ends)
    } else {
      const { many, batching } = module.handle
      this.#window = new Window(concurrency, batching.size * concurrency)
      this.#calls = new BatchCalls(many, batching, surroundings, {
        ...ends,
        concurrency,
        clock: systemClock,
        wake: () => this.#work(),
      })
    }
    this.#receiver = new Receiver(this.#window, spec.handBytes)
  }

  begin(): void {
    this.#parts.link.send('ready', this.#receiver.grant())
  }

  message(message: Message): void {
    if (message.kind === 'lend') this.#takeLend(message.body, message.payload)
    else if (message.kind === 'room') this.#takeRoom(message.body)
  }

  async stop(): Promise<void> {
    await this.#parts.module.teardown(this.#surroundings)
  }

  #takeLend({ from, count, skip, total, bytes, attempt, room }: Messages['lend'], payload: Uint8Array): void {
    const records = decodeBatch(payload, total, this.#parts.codec)
    this.#receiver.arrived({ records: count, bytes })
    this.#room.grant(room)
    this.#hand.add({ records, from: from - skip, attempt, bytes }, skip, count)
    this.#work()
  }

  #takeRoom(room: Messages['room']): void {
    this.#room.grant(room)
    this.#asked = false
    this.#sendWaiting()
  }

  #work(): void {
    if (this.#idle) {
      this.#idle = false
      this.#mark = performance.now()
    }
    this.#inLoop = true
    while (this.#calls.begin()) {
      if (++this.#unlooked < RECORDS_BETWEEN_LOOKS && this.#window.perRecord < FAST_MS) continue
      this.#unlooked = 0
      if (performance.now() - this.#mark >= REPORT_EVERY_MS) this.#report()
    }
    this.#inLoop = false
    if (this.#calls.active > 0) {
      this.#reportSoon()
    } else {
      this.#report()
      this.#idle = true
    }
  }

  returned(lend: Lend, index: number, value: unknown): void {
    const place = lend.from + index
    if (this.#delivers && value === undefined) {
      this.failed(lend, index, resultMissing(this.#parts.module.path))
      return
    }
    if (value === drop) this.#outbox.addDropped(place)
    else if (this.#delivers) this.#outbox.addResult(place, value, lend.records, index)
    else this.#outbox.addDone(place)
    this.#finished()
  }

  generated(lend: Lend, index: number, values: readonly unknown[]): void {
    const place = lend.from + index
    const results = values.filter((value) => value !== drop)
    if (this.#delivers) this.#outbox.addResults(place, results, lend.records, index)
    else this.#outbox.addDone(place)
    this.#finished()
  }

  failed(lend: Lend, index: number, error: unknown): void {
    const stack = error instanceof Error && typeof error.stack === 'string' ? error.stack.slice(0, 8192) : ''
    this.#outbox.addFailure({
      place: lend.from + index,
      id: idAt(lend.records.ids, index),
      name: error instanceof Error ? String(error.name) : typeof error,
      message: messageOf(error).slice(0, 8192),
      ...(stack && { stack }),
      ...(error instanceof MillraceError && { final: true }),
    })
    this.#finished()
  }

  /** A call came back: within the loop, which goes on by itself, or later, and then the loop is taken up again. */
  #finished(): void {
    this.#handled++
    if (!this.#inLoop) this.#work()
  }

  /** Reports once everything that comes back in this turn of the event loop has come back. */
  #reportSoon(): void {
    if (this.#reportDue || this.#outbox.empty) return
    this.#reportDue = true
    setImmediate(() => {
      this.#reportDue = false
      this.#report()
    })
  }

  #report(): void {
    const outbox = this.#outbox
    if (outbox.empty) return
    const now = performance.now()
    const busy = now - this.#mark
    this.#window.measure(this.#handled, busy)
    this.#activity.handled += this.#handled
    this.#activity.busy += busy
    this.#mark = now
    this.#handled = 0
    this.#outbox = new Outbox()
    this.#waiting.push(...reportsOf(outbox, this.#parts.codec, this.#limits()))
    this.#sendWaiting()
  }

  /** Sends the reports whose results there is room for, in order; asks for more room for the first that waits. */
  #sendWaiting(): void {
    for (let report = this.#waiting[0]; report; report = this.#waiting[0]) {
      const results = { records: report.body.results, bytes: report.payload?.byteLength ?? 0 }
      if (results.records > 0 && !this.#room.allows(results)) {
        if (!this.#asked) this.#parts.link.send('need', results)
        this.#asked = true
        return
      }
      this.#waiting.shift()
      // Whatever was asked for was for this one.
      if (results.records > 0) this.#asked = false
      this.#room.spendUpTo(results)
      this.#send(report)
    }
  }

  #send({ body, payload }: Report): void {
    const finished = placesOf(body)
    const returned = this.#hand.giveBack(this.#window.excess(this.#hand.size))
    const given = lengthOf(returned)
    this.#receiver.finished(finished + given)
    const credit = this.#receiver.grant()
    const full = { ...body, ...(given > 0 && { returned }), credit, activity: this.#takeActivity() }
    this.#parts.link.send('report', full, payload)
  }

  /** A report should not need more room than there is, or it waits for results that could go already. */
  #limits(): SizeLimits {
    const { batchBytes, maxRecord, maxBatch } = this.#parts.spec
    return { batchBytes, maxRecord, maxBatch, batchRecords: Math.max(1, this.#room.available.records) }
  }

  #takeActivity(): Activity {
    const activity = { ...this.#activity, window: this.#window.size }
    this.#activity = { handled: 0, busy: 0 }
    return activity
  }
}

const lengthOf = (pairs: readonly number[]): number =>
  pairs.reduce((length, place, index) => length + (index % 2 ? place : -place), 0)

const placesOf = ({ done, failures }: Report['body']): number => lengthOf(done) + (failures?.length ?? 0)

const resultMissing = (path: string) =>
  new MillraceError(
    'result_missing',
    `the handler of ${path} returned undefined: return the result, \`ctx.drop\` to have none, or leave \`sender\` out of the configuration`,
  )
