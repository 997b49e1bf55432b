import { idAt } from '../model/ids.js'
import type { Logger } from '../model/logger.js'
import type { Headers, Records } from '../model/record.js'

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
  /** Aborts when the work is no longer wanted. */
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
  readonly attempt: number
  readonly #surroundings: WorkerSurroundings
  readonly #records: Records
  readonly #index: number

  constructor(surroundings: WorkerSurroundings, records: Records, index: number, attempt: number) {
    this.#surroundings = surroundings
    this.#records = records
    this.#index = index
    this.attempt = attempt
  }

  get id(): string {
    return idAt(this.#records.ids, this.#index)
  }

  get key(): string | undefined {
    return this.#records.keys?.[this.#index]
  }

  get headers(): Headers | undefined {
    return this.#records.headers?.[this.#index]
  }

  get index(): number {
    return this.#surroundings.index
  }

  get log(): Logger {
    return this.#surroundings.log
  }

  get signal(): AbortSignal {
    return this.#surroundings.signal
  }

  get with(): Readonly<Record<string, unknown>> {
    return this.#surroundings.with
  }

  get drop(): typeof drop {
    return drop
  }
}
