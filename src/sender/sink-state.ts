import { type Sink, SinkClosed } from '../model/sink.js'
import type { Failures } from './failures.js'

/** A sink's state as it crosses the link: JSON. */
export interface StateNote {
  /** Absent when the sink has none. */
  readonly state?: string
}

export interface SinkStateParts {
  readonly sink: Sink
  readonly failures: Failures
  /** JSON: what the sink is opened with. */
  readonly state: string | undefined
  /** Whether to confirm nothing that is not durable, even if the sink has a state. */
  readonly durably: boolean
}

/**
 * What the sink goes back to when another sender opens it, and when that is durable.
 *
 * What is confirmed is delivered by nobody else, so the state that goes with a confirmation must
 * cover it. A sink that has `state` can say so at once, and one that has only `sync` when that has
 * worked.
 */
export class SinkState {
  readonly #sink: Sink
  readonly #failures: Failures
  readonly #durably: boolean
  /** Of a sink that has `sync` alone: what covers all that is confirmed. */
  #synced: StateNote = {}
  #call: Promise<unknown> | undefined

  constructor({ sink, failures, state, durably }: SinkStateParts) {
    this.#sink = sink
    this.#failures = failures
    this.#durably = durably
    if (this.#syncsAlone && state !== undefined) this.#synced = { state }
  }

  /** The sink is open. Resolves when its state can be said, which a checkpoint may want to know before anything is delivered. */
  async opened(): Promise<void> {
    if (this.#syncsAlone && this.#synced.state === undefined) this.confirm(await this.#sync())
  }

  /** What covers all that is confirmed. Not to be asked of a sink that has `state` while it takes something. */
  get confirmed(): StateNote {
    return this.#sink.state && !this.#syncsAlone ? noteOf(this.#sink.state()) : this.#synced
  }

  /** What covers all that was delivered: it can be confirmed with this, and then {@link confirm} is to be called. */
  async afterDelivery(): Promise<StateNote> {
    return this.#syncsAlone ? this.#sync() : this.confirmed
  }

  confirm(state: StateNote): void {
    if (this.#syncsAlone) this.#synced = state
  }

  /** Makes durable what {@link confirmed} has said; undefined if it is, or never will be. */
  makeDurable(): Promise<unknown> | undefined {
    // After a failure, the call that works covers more than was asked for, which does no harm.
    return this.#sink.sync && !this.#syncsAlone ? this.#sync() : undefined
  }

  /** Resolves when no call of `sync` is under way. */
  async ended(): Promise<void> {
    await this.#call?.catch(() => undefined)
  }

  /** Only what has been synced may be confirmed: before that no state is known, or it would not be enough. */
  get #syncsAlone(): boolean {
    return this.#sink.sync !== undefined && (this.#sink.state === undefined || this.#durably)
  }

  /** What `sync` returns once it works. */
  async #sync(): Promise<StateNote> {
    for (;;) {
      try {
        this.#call = Promise.resolve(this.#sink.sync!())
        const state = await this.#call
        this.#failures.worked('sync')
        return noteOf(state)
      } catch (error) {
        if (error instanceof SinkClosed) throw error
        await this.#failures.failed('sync', error)
      }
    }
  }
}

const noteOf = (state: unknown): StateNote => (state === undefined ? {} : { state: JSON.stringify(state) })
