import type { Clock } from '../model/clock.js'
import type { PipelineEvent } from './events.js'

/** Until when the records whose attempts failed wait for the next one, from the events that tell of them. */
export class RetryWaits {
  readonly #clock: Clock
  #until: number | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  hear(event: PipelineEvent): void {
    if (event.type !== 'recordRetried') return
    this.#until = Math.max(this.#until ?? 0, this.#clock.now() + event.inMs)
  }

  /** Milliseconds on the clock at which the last of them is due, or was; undefined when none ever waited. */
  get until(): number | undefined {
    return this.#until
  }
}
