import type { Account } from '../../flow/account.js'
import { Credit, refill } from '../../flow/credit.js'
import type { Reached } from '../../flow/frontier.js'
import { InvariantError } from '../../flow/invariant.js'
import type { ResumeNote } from '../../link/control.js'
import type { Messages } from '../../link/messages.js'
import type { Batch } from '../../model/batch.js'
import type { Payload } from '../../model/payload.js'
import type { SourceKind, SourceProgress } from '../../model/source.js'
import type { Span } from '../../model/span.js'
import type { Queue } from '../../queue/contract.js'
import type { LinkEnd } from '../processes/child-process.js'
import type { Demand } from './demand.js'
import type { FlowMeter } from './flow-meter.js'

export interface IntakeParts {
  readonly queue: Queue
  readonly account: Account
  readonly flow: Pick<FlowMeter, 'moved'>
  /** Where the source is taken up. */
  readonly from: Reached
  /** Records to read in this run at the most. */
  readonly limit?: number | undefined
  /** The source handed over everything before `place`; after that it resumes at `position`. */
  read(place: number, position: string): void
  /** There will be nothing in the queue at these places. */
  passed(places: Span): void
  now(): number
}

/** What is left, with each batch, of the length of a longer one before it. */
const DECAY = 63 / 64

/** Batches as long as this part of what is wanted are as long as they are wanted. */
const NEARLY = 0.9

/**
 * - `reading`: more may come
 * - `leaving`: its writer was told to stop reading, and another one goes on
 * - `left`: that writer has said that nothing follows of it
 * - `stopped`: it was told to stop, and has not said yet that nothing follows
 * - `exhausted`: the source has come to its end
 * - `cut`: nothing more is read, though the source may have more
 */
type State = 'reading' | 'leaving' | 'left' | 'stopped' | 'exhausted' | 'cut'

/**
 * The writer's end of the in-queue: grants the writer credit for the room there is, gives every
 * record its place in the stream, and remembers where a successor would resume.
 */
export class Intake {
  readonly #parts: IntakeParts
  readonly #credit = new Credit()
  #writer: LinkEnd | undefined
  #paused = false
  /** Place of the next record: how many there were before it since the source's beginning. */
  #next: number
  #position: string | undefined
  /** Records that this run may still read. */
  #left: number
  #progress: SourceProgress = {}
  #sourceKind: SourceKind | undefined
  #state: State = 'reading'
  /** Records of the longest batches of late. */
  #longest = 0

  constructor(parts: IntakeParts) {
    this.#parts = parts
    this.#next = parts.from.place
    this.#position = parts.from.position
    this.#left = parts.limit ?? Number.POSITIVE_INFINITY
  }

  /** Where a new writer takes up: after the last record that was accepted. */
  get resume(): ResumeNote {
    const settled = this.#parts.from.settledBeyond
      .filter(({ to }) => to > this.#next)
      .flatMap(({ from, to }) => [Math.max(from, this.#next), to])
    return {
      accepted: this.#next,
      ...(this.#position !== undefined && { position: this.#position }),
      ...(settled.length > 0 && { settled }),
    }
  }

  get progress(): SourceProgress {
    return this.#progress
  }

  /** What the writer says its source is; a generator shows it by its first records. */
  get sourceKind(): SourceKind | undefined {
    return this.#sourceKind
  }

  /** Nothing more will be read. */
  get ended(): boolean {
    return this.#state === 'exhausted' || this.#state === 'cut'
  }

  /** Nothing more will be read because there was nothing more. */
  get exhausted(): boolean {
    return this.#state === 'exhausted'
  }

  /** Records that the writer may still send. */
  get granted(): number {
    return this.#credit.available.records
  }

  /** There is a writer that may not send anything: the queue has no room for it. */
  get blocked(): boolean {
    const { records, bytes } = this.#credit.available
    return this.#writer !== undefined && !this.ended && (records < 1 || bytes < 1)
  }

  attach(writer: LinkEnd): void {
    this.#writer = writer
  }

  /** A writer is gone; what it was granted and did not use is free again. Says whether it was the one that reads. */
  detach(key: string): boolean {
    if (this.#writer?.key !== key) return false
    this.#writer = undefined
    this.#credit.spend(this.#credit.available)
    if (this.#isLeaving) this.#state = 'reading'
    return true
  }

  /** The writer is to be replaced: it is granted no more, and an end that follows is only its own. */
  drain(): void {
    if (this.#state === 'reading') this.#state = 'leaving'
  }

  /** Whether the writer has handed over all it will. */
  get drained(): boolean {
    return this.#state === 'left' || this.ended
  }

  get #isLeaving(): boolean {
    return this.#state === 'leaving' || this.#state === 'left'
  }

  /** Has the writer tell its source what is settled; says whether there is a writer. */
  commit({ position, place, settledBeyond }: Reached): boolean {
    if (!this.#writer || position === undefined) return false
    const pairs = settledBeyond.flatMap(({ from, to }) => [from - place, to - place])
    this.#writer.send('commit', { position, settledBeyond: pairs })
    return true
  }

  /** The writer was told to stop reading; an end that follows is not the source's. */
  stop(): void {
    if (this.#state === 'left') this.#state = 'cut'
    else if (!this.ended) this.#state = 'stopped'
  }

  /** The writer says that nothing follows. */
  end(): void {
    if (this.#state === 'reading') this.#state = 'exhausted'
    else if (this.#state === 'leaving') this.#state = 'left'
    else if (this.#state === 'stopped') this.#state = 'cut'
  }

  /** Nothing more is read from here on, whatever the source has. */
  cut(): void {
    if (!this.ended) this.#state = 'cut'
  }

  /** Lets the writer read no more for now, beyond what it was granted. */
  pause(paused: boolean): void {
    this.#paused = paused
  }

  accept({ count, bytes, position, progress, sourceKind }: Messages['batch'], payload: Payload): void {
    this.#spend({ records: count, bytes: bytes ?? payload.byteLength })
    const readAt = this.#parts.now()
    const batch: Batch = { width: count, count, payload, readAt, ...(bytes !== undefined && { bytes }) }
    this.#parts.queue.offer(batch, this.#next)
    this.#parts.flow.moved('read', count)
    this.#longest = Math.max(count, this.#longest * DECAY)
    this.#read(count, position)
    if (progress) this.#progress = progress
    if (sourceKind) this.#sourceKind = sourceKind
  }

  /** Takes in a record without a value, and returns its place. */
  acceptRefused({ position }: Messages['refused']): Span {
    this.#spend({ records: 1, bytes: 0 })
    const places = { from: this.#next, to: this.#next + 1 }
    this.#read(1, position)
    this.#parts.passed(places)
    return places
  }

  /** Records that an earlier run has settled: they are only gone past. */
  acceptSkipped({ count, position }: Messages['skipped']): void {
    const from = this.#next
    this.#advance(count, position)
    this.#parts.passed({ from, to: this.#next })
  }

  /** Grants what is free, once that is half of the queue, or half of what those that have little to do could have. */
  grant({ batch, most, starving }: Demand): void {
    if (!this.#writer || this.#paused || this.#isLeaving || this.ended) return
    const { capacity, size, room } = this.#parts.queue
    const granted = this.#credit.available
    const bound = { ...capacity, records: Math.min(capacity.records, most) }
    const wanted = refill(bound, size, granted, starving)
    const records = Math.min(wanted.records, room.records - granted.records, this.#left - granted.records)
    const credit = {
      records: Math.max(0, this.#wholeBatches(granted.records + records, batch) - granted.records),
      bytes: Math.max(0, Math.min(wanted.bytes, room.bytes - granted.bytes)),
    }
    if (credit.records === 0 && credit.bytes === 0) return
    this.#credit.grant(credit)
    this.#writer.send('credit', { ...credit, target: batch })
  }

  /**
   * Of so many records those that make whole batches, if there are any: what is left over would be a small
   * one. Not where batches are shorter anyway, for their bytes or for how the source makes them.
   */
  #wholeBatches(records: number, batch: number): number {
    const areShorter = this.#longest > 0 && this.#longest < NEARLY * batch
    return records < batch || areShorter ? records : records - (records % batch)
  }

  #spend(amount: { readonly records: number; readonly bytes: number }): void {
    if (this.ended) throw new InvariantError('the writer sent records after the end')
    this.#credit.spend(amount)
  }

  #read(count: number, position: string): void {
    this.#parts.account.counters.read += count
    this.#advance(count, position)
    this.#left -= count
    if (this.#left <= 0) this.cut()
  }

  #advance(count: number, position: string): void {
    this.#next += count
    this.#position = position
    this.#parts.read(this.#next, position)
  }
}
