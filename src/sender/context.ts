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

/**
 * A result's context. Of fields of its own, so that a spread has them; written out, since a spread of the
 * surroundings costs ten times as much.
 */
export class ResultContext implements SenderContext {
  readonly id: string
  readonly key: string | undefined
  readonly headers: Headers | undefined
  readonly signal: AbortSignal
  readonly log: SenderSurroundings['log']
  readonly with: SenderSurroundings['with']

  constructor(surroundings: SenderSurroundings, { id, key, headers }: Result) {
    this.id = id
    this.key = key
    this.headers = headers
    this.signal = surroundings.signal
    this.log = surroundings.log
    this.with = surroundings.with
  }
}
