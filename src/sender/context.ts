import type { ModuleRef } from '../config/config.js'
import type { Headers } from '../model/record.js'
import type { Result, SinkContext } from '../model/sink.js'

/** What belongs to the sender as a whole. It keeps no state that something could be beyond of. */
export interface SenderSurroundings extends Omit<SinkContext, 'redelivers'> {
  /** What the configuration has under `with` for this module. */
  readonly with: Readonly<Record<string, unknown>>
}

/** The second argument of a sender. */
export interface SenderContext extends SenderSurroundings {
  /** Stable over retries and restarts: keep it to deliver nothing twice. */
  readonly id: string
  readonly key: string | undefined
  readonly headers: Headers | undefined
}

/** The second argument of a sender of batches: `results[i]` belongs to `values[i]`. */
export interface BatchSenderContext extends SenderSurroundings {
  readonly results: readonly Omit<Result, 'value'>[]
}

/** A result's context. Its id is put together only when somebody asks. */
export class ResultContext implements SenderContext {
  readonly #surroundings: SenderSurroundings
  readonly #result: Result

  constructor(surroundings: SenderSurroundings, result: Result) {
    this.#surroundings = surroundings
    this.#result = result
  }

  get id(): string {
    return this.#result.id
  }

  get key(): string | undefined {
    return this.#result.key
  }

  get headers(): Headers | undefined {
    return this.#result.headers
  }

  get signal(): AbortSignal {
    return this.#surroundings.signal
  }

  get log(): SenderSurroundings['log'] {
    return this.#surroundings.log
  }

  get with(): ModuleRef['with'] {
    return this.#surroundings.with
  }
}
