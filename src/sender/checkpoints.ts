import type { Link } from '../link/link.js'
import { type Sink, SinkClosed } from '../model/sink.js'
import type { Failures } from './failures.js'

export interface CheckpointParts {
  readonly sink: Sink
  readonly link: Pick<Link, 'send'>
  readonly failures: Failures
  /** Deliveries that were held may go on. */
  released(): void
  /** The sink is gone, or what it says cannot be used. */
  broken(error: unknown): void
}

/**
 * The sender's part in a checkpoint: says what it covers (`mark`), and when that is durable (`synced`).
 *
 * What the sink can do decides how:
 *
 * | the sink has       | `mark`                            | until `synced`      |
 * | ------------------ | --------------------------------- | ------------------- |
 * | `state` and `sync` | has what `state` returns, at once | deliveries go on    |
 * | `sync` alone       | has what `sync` has returned      | deliveries wait     |
 * | `state` alone      | has what `state` returns, at once | which is at once    |
 * | neither            | has no state, at once             | which is at once    |
 */
export class Checkpoints {
  readonly #parts: CheckpointParts
  #state: 'none' | 'due' | 'syncing' = 'none'
  /** The call of `sync` that is under way. */
  #call: Promise<unknown> | undefined

  constructor(parts: CheckpointParts) {
    this.#parts = parts
  }

  /** One is asked for, and has to begin as soon as what was delivered is whole records. */
  get due(): boolean {
    return this.#state === 'due'
  }

  /** Deliveries have to wait, because the state of the sink is only known when it has synced. */
  get holding(): boolean {
    return this.#state === 'syncing' && !this.#parts.sink.state
  }

  /** The primary asks for one. While another is under way, nothing: it asks again. */
  ask(): void {
    if (this.#state !== 'none') return
    this.#state = 'due'
    const { sink } = this.#parts
    // Nothing of such a sink goes into the checkpoint, so there is nothing to wait for.
    if (!sink.state && !sink.sync) this.begin()
  }

  /** Begins the one that is due; to be called between deliveries, when no record is delivered in part. */
  begin(): void {
    if (this.#state !== 'due') return
    this.#state = 'syncing'
    this.#run().catch((error) => this.#parts.broken(error))
  }

  /** Resolves when no call of `sync` is under way. */
  async ended(): Promise<void> {
    await this.#call?.catch(() => undefined)
  }

  async #run(): Promise<void> {
    const { sink, link, released } = this.#parts
    if (sink.state || !sink.sync) {
      link.send('mark', asJson(sink.state?.()))
      if (sink.sync) await this.#sync()
    } else {
      link.send('mark', asJson(await this.#sync()))
    }
    link.send('synced', {})
    this.#state = 'none'
    released()
  }

  /** What `sync` returns once it works; a try after a failure covers more than was asked for, which does no harm. */
  async #sync(): Promise<unknown> {
    const { sink, failures } = this.#parts
    for (;;) {
      try {
        this.#call = Promise.resolve(sink.sync!())
        const state = await this.#call
        failures.worked('sync')
        return state
      } catch (error) {
        this.#call = undefined
        if (error instanceof SinkClosed) throw error
        await failures.failed('sync', error)
      }
    }
  }
}

/** A sink's state as it crosses the link: JSON, or absent when there is none. */
export const asJson = (state: unknown): { readonly state?: string } =>
  state === undefined ? {} : { state: JSON.stringify(state) }
