import type { Link } from '../link/link.js'
import type { Sink } from '../model/sink.js'
import type { SinkState } from './sink-state.js'

export interface CheckpointParts {
  readonly sink: Sink
  readonly link: Pick<Link, 'send'>
  readonly sinkState: SinkState
  /** The sink is gone, or what it says cannot be used. */
  broken(error: unknown): void
}

/**
 * The sender's part in a checkpoint: says what it covers (`mark`), and when that is durable (`synced`).
 *
 * What the sink can do decides how:
 *
 * | the sink has       | results are confirmed | `mark` has                         | `synced` follows        |
 * | ------------------ | --------------------- | ---------------------------------- | ----------------------- |
 * | `state` and `sync` | after `deliver`       | what `state` returns               | when a `sync` has worked |
 * | `sync` alone       | after a `sync`        | what the last `sync` has returned  | at once                 |
 * | `state` alone      | after `deliver`       | what `state` returns               | at once                 |
 * | neither            | after `deliver`       | no state                           | at once                 |
 *
 * No sink makes deliveries wait for a checkpoint.
 */
export class Checkpoints {
  readonly #parts: CheckpointParts
  #state: 'none' | 'due' | 'syncing' = 'none'

  constructor(parts: CheckpointParts) {
    this.#parts = parts
  }

  /** One is asked for, and has to begin as soon as what was delivered is whole records. */
  get due(): boolean {
    return this.#state === 'due'
  }

  /** The primary asks for one. While another is under way, nothing: it asks again. */
  ask(): void {
    if (this.#state !== 'none') return
    this.#state = 'due'
    const { sink } = this.#parts
    // Nothing of such a sink goes into the checkpoint, so there is nothing to wait for.
    if (!sink.state && !sink.sync) this.begin()
  }

  /** Begins the one that is due; to be called when what the state covers is whole records. */
  begin(): void {
    if (this.#state !== 'due') return
    this.#state = 'syncing'
    this.#run().catch((error) => this.#parts.broken(error))
  }

  async #run(): Promise<void> {
    const { link, sinkState } = this.#parts
    link.send('mark', sinkState.confirmed)
    const synced = sinkState.makeDurable()
    if (synced) await synced
    link.send('synced', {})
    this.#state = 'none'
  }
}
