import { messageOf } from '../errors.js'
import { Backoff } from '../flow/backoff.js'
import type { FromChild } from '../link/control.js'
import type { Clock } from '../model/clock.js'
import type { Logger } from '../model/logger.js'

/** What a sink is asked for, and may fail at. */
type Call = 'deliver' | 'sync'

const words = {
  deliver: { fails: 'the sink fails', works: 'the sink works again' },
  sync: { fails: 'the sink cannot make results durable', works: 'the sink makes results durable again' },
} as const

export interface FailuresParts {
  readonly log: Logger
  readonly clock: Clock
  tell(message: FromChild): void
}

/**
 * What the sink fails at just now. Each call has waits of its own between its tries; what is wrong
 * is told as one reason, from the first failure until everything works.
 */
export class Failures {
  readonly #parts: FailuresParts
  readonly #backoffs = { deliver: new Backoff(), sync: new Backoff() } as const
  readonly #reasons = new Map<Call, string>()
  readonly #cancelWaits = new Map<Call, () => void>()
  #stopped = false

  constructor(parts: FailuresParts) {
    this.#parts = parts
  }

  /** Resolves when it is time to try again; never after {@link stop}. */
  async failed(call: Call, error: unknown): Promise<void> {
    const { log, clock } = this.#parts
    const wait = this.#backoffs[call].failed()
    const reason = `${words[call].fails}: ${messageOf(error)}`
    log.warn({ err: error, retryInMs: wait }, reason)
    this.#reasons.set(call, reason)
    this.#tell()
    await new Promise<void>((resolve) => {
      if (!this.#stopped) this.#cancelWaits.set(call, clock.after(wait, resolve))
    })
  }

  worked(call: Call): void {
    if (!this.#reasons.delete(call)) return
    this.#backoffs[call].worked()
    this.#parts.log.info(words[call].works)
    this.#tell()
  }

  /** Nothing is tried again: the sink is about to be closed. */
  stop(): void {
    this.#stopped = true
    for (const cancel of this.#cancelWaits.values()) cancel()
  }

  #tell(): void {
    const reason = [...this.#reasons.values()].join('; ')
    this.#parts.tell({ type: 'blocked', ...(reason && { reason }) })
  }
}
