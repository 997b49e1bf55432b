import { idAt } from '../model/ids.js'
import type { CallSignal } from './call-signal.js'
import type { Lend } from './hand.js'

/** A record that was begun: the one at `index` of its lend. */
export interface Begun {
  readonly lend: Lend
  readonly index: number
}

/** A call of the handler whose promise is pending. */
export interface Call {
  readonly records: readonly Begun[]
  /** When it began; counts only where there is a timeout, or a weight. */
  readonly since: number
  /** How many calls it stands for in what is known of the handler's times; 0 if it is not timed. */
  readonly weight: number
  /** Absent where there is no timeout. */
  readonly signal: CallSignal | undefined
  /** Where it is among the pending ones; theirs to set. */
  slot: number
}

/** Ids that are told to somebody who asks what is at work. */
const MOST_IDS = 20

/**
 * The calls that have not come back; and the record that a stuck process is stuck in.
 *
 * While the event loop is blocked, nothing in this process can say what blocks it. The primary can
 * ask it through the inspector, and then reads `place`, `id` and `atWork` here, under {@link currentSymbol}.
 * They are put together only then; all that a record costs is to be noted as the one that runs.
 */
export class ActiveCalls implements Iterable<Call> {
  /** In no order: the last takes the place of one that comes back. */
  readonly #pending: Call[] = []
  readonly #concurrency: number
  #limit: number
  #running: Lend | undefined
  #entered: Lend | undefined
  #index = 0

  /** @param concurrency calls that may be pending at once */
  constructor(concurrency: number) {
    this.#concurrency = concurrency
    this.#limit = concurrency
  }

  get size(): number {
    return this.#pending.length
  }

  /** Whether another call may begin. */
  get hasRoom(): boolean {
    return this.#pending.length < this.#limit
  }

  /** No other call may begin until {@link release}. */
  hold(): void {
    this.#limit = 0
  }

  release(): void {
    this.#limit = this.#concurrency
  }

  [Symbol.iterator](): Iterator<Call> {
    return this.#pending.values()
  }

  /** The handler is about to run for this record. */
  enter(lend: Lend, index: number): void {
    this.#running = lend
    this.#entered = lend
    this.#index = index
  }

  /** It has returned: with a result, or a promise of one. */
  leave(): void {
    this.#running = undefined
  }

  add(call: Call): void {
    call.slot = this.#pending.push(call) - 1
  }

  remove(call: Call): void {
    const last = this.#pending.pop()
    if (!last || last === call) return
    last.slot = call.slot
    this.#pending[call.slot] = last
  }

  /** The record that a handler was called for last. */
  get latest(): Begun | undefined {
    return this.#entered && { lend: this.#entered, index: this.#index }
  }

  /** The place of the record whose handler has the event loop; undefined when that cannot be told. */
  get place(): number | undefined {
    const record = this.#current()
    return record && record.lend.from + record.index
  }

  /** The id of the same record. */
  get id(): string | undefined {
    const record = this.#current()
    return record && idAt(record.lend.records.ids, record.index)
  }

  /** The records whose handler has not come back: how many, and the ids of the first of them. */
  get atWork(): { readonly count: number; readonly ids: readonly string[] } {
    const running: readonly Begun[] = this.#running ? [{ lend: this.#running, index: this.#index }] : []
    const records = [...running, ...this.#pending.flatMap((call) => call.records)]
    const ids = records.slice(0, MOST_IDS).map(({ lend, index }) => idAt(lend.records.ids, index))
    return { count: records.length, ids }
  }

  /** Behind an `await` any pending call may be the one that runs: better none than the wrong one. */
  #current(): Begun | undefined {
    if (this.#running) return { lend: this.#running, index: this.#index }
    const [only, another] = this.#pending
    return only && !another && only.records.length === 1 ? only.records[0] : undefined
  }
}

/** Where a worker keeps its {@link ActiveCalls} on `globalThis`, which is all that an inspector can reach. */
export const currentSymbol = Symbol.for('millrace.current')
