import type { Clock } from '../model/clock.js'
import type { ChildProcess } from './processes/child-process.js'
import type { Router } from './router/router.js'

/**
 * Takes single processes out of the flow: they are lent nothing more (a writer reads no more), finish
 * what they have begun, and are stopped when they have nothing left to hand over.
 */
export class Drains {
  readonly #router: () => Router
  readonly #clock: Clock
  readonly #deadline: number
  readonly #draining = new Map<ChildProcess, (handedOn: number) => void>()

  /** @param deadline milliseconds after which a process is killed; what it had in hand then goes to others */
  constructor(router: () => Router, clock: Clock, deadline: number) {
    this.#router = router
    this.#clock = clock
    this.#deadline = deadline
  }

  /** Resolves when the process is gone, with the number of records that it handed on unbegun. */
  async drain(child: ChildProcess): Promise<number> {
    this.#router().drain(child)
    child.drain()
    const cancel = this.#clock.after(this.#deadline, () =>
      child.kill({ reason: 'it took longer to drain than `shutdown.timeout`' }),
    )
    const gone = new Promise<number>((resolve) => this.#draining.set(child, resolve))
    this.moved()
    const handedOn = await gone
    cancel()
    return handedOn
  }

  has(child: ChildProcess): boolean {
    return this.#draining.has(child)
  }

  /** To be called when records moved: stops those that have nothing left. */
  moved(): void {
    for (const child of this.#draining.keys())
      if (this.#router().drained(child)) child.stop('replaced as planned')
  }

  /** To be called when a process is gone. */
  gone(child: ChildProcess, handedOn: number): void {
    this.#draining.get(child)?.(handedOn)
    this.#draining.delete(child)
  }
}
