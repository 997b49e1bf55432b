import type { Pulse } from '../../model/pulse.js'
import type { EventListener, PipelineEvent } from '../events.js'

/** A pipeline as those above it see it. */
export interface Watched {
  readonly pulse: Pulse
  /** Tells the pipeline's log. */
  note(event: PipelineEvent): void
}

/** What stands above the primary and wants to know how its pipeline is: systemd, pm2. */
export interface Overseer {
  /** Hears what happens to the pipeline, from its start on. */
  readonly heard: EventListener
  /** To be called by what is no pipeline, when it is in its place. */
  ready(): void
  /** Called once, when commands can reach the pipeline: nobody is told that it is ready before. */
  watch(pipeline: Watched): void
  /** Resolves when everything that was said is out, or can never be. */
  close(): Promise<void>
}

/** The variables by which systemd tells a service how to speak to it. They are for the primary alone. */
export const NOTIFY_VARIABLES = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'] as const

/** Holds back what happens until somebody may be told of it. */
export class Antechamber {
  readonly #pass: EventListener
  #waiting: PipelineEvent[] | undefined = []

  /** @param pass called with each event, at the earliest when this is opened */
  constructor(pass: EventListener) {
    this.#pass = pass
  }

  readonly heard: EventListener = (event) => {
    if (this.#waiting) this.#waiting.push(event)
    else this.#pass(event)
  }

  open(): void {
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const event of waiting) this.#pass(event)
  }
}
