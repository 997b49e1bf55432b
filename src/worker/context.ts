import { idAt } from '../model/ids.js'
import type { Logger } from '../model/logger.js'
import type { Headers } from '../model/record.js'
import type { Lend } from './hand.js'

/** What a handler returns to say that a record is done and has no result. */
export const drop: unique symbol = Symbol.for('millrace.drop')

/** One record, as the handler of a batch sees it beside its value. */
export interface RecordInfo {
  /** Stable over retries and restarts. */
  readonly id: string
  readonly key: string | undefined
  readonly headers: Headers | undefined
  /** Which attempt this is, from 1. */
  readonly attempt: number
}

/** What belongs to the process as a whole, and is the same for each of its records. */
export interface WorkerSurroundings {
  /** Number of this worker, from 1. */
  readonly index: number
  readonly log: Logger
  /**
   * Aborts when the work is no longer wanted: when the process ends and, in a handler, when the call
   * has taken longer than `timeout`. The process is killed a second later, so hand it on to whatever
   * the handler waits for.
   */
  readonly signal: AbortSignal
  /** What the configuration has under `with` for this module. */
  readonly with: Readonly<Record<string, unknown>>
  /** Return it to drop a record. */
  readonly drop: typeof drop
}

/** The second argument of a handler. */
export interface WorkerContext extends RecordInfo, WorkerSurroundings {}

/** The second argument of a handler of batches: `records[i]` belongs to `values[i]`. */
export interface BatchContext extends WorkerSurroundings {
  readonly records: readonly RecordInfo[]
}

/** A record's context. Ids are put together only when somebody asks. */
export class RecordContext implements WorkerContext {
  readonly #surroundings: WorkerSurroundings
  readonly #lend: Lend
  readonly #index: number
  readonly #call: Pick<WorkerSurroundings, 'signal'>

  /** @param call has the signal of the call that the record is handled in */
  constructor(
    surroundings: WorkerSurroundings,
    lend: Lend,
    index: number,
    call: Pick<WorkerSurroundings, 'signal'>,
  ) {
    this.#surroundings = surroundings
    this.#lend = lend
    this.#index = index
    this.#call = call
  }

  get id(): string {
    return idAt(this.#lend.records.ids, this.#index)
  }

  get key(): string | undefined {
    return this.#lend.records.keys?.[this.#index]
  }

  get headers(): Headers | undefined {
    return this.#lend.records.headers?.[this.#index]
  }

  get attempt(): number {
    return this.#lend.attempt
  }

  get index(): number {
    return this.#surroundings.index
  }

  get log(): Logger {
    return this.#surroundings.log
  }

  get signal(): AbortSignal {
    return this.#call.signal
  }

  get with(): Readonly<Record<string, unknown>> {
    return this.#surroundings.with
  }

  get drop(): typeof drop {
    return drop
  }
}
