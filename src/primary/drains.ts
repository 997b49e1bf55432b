import type { Clock } from '../model/clock.js'
import type { ChildProcess } from './processes/child-process.js'
import type { Router } from './router/router.js'

interface Draining {
  readonly handedOn: Promise<number>
  gone(handedOn: number): void
}

/**
 * Takes single processes out of the flow: they are lent nothing more (a writer reads no more), finish
 * what they have begun, and are stopped when they have nothing left to hand over.
 */
export class Drains {
  readonly #router: () => Router
  readonly #clock: Clock
  readonly #deadline: number
  readonly #draining = new Map<ChildProcess, Draining>()

  /** @param deadline milliseconds after which a process is killed; what it had in hand then goes to others */
  constructor(router: () => Router, clock: Clock, deadline: number) {
    this.#router = router
    this.#clock = clock
    this.#deadline = deadline
  }

  /**
   * Resolves when the process is gone, with the number of records that it handed on unbegun. Asked again,
   * it is the same drain.
   */
  drain(child: ChildProcess): Promise<number> {
    const begun = this.#draining.get(child)
    if (begun) return begun.handedOn
    this.#router().drain(child)
    child.drain()
    const cancel = this.#clock.after(this.#deadline, () =>
      child.kill({ reason: 'it took longer to drain than `shutdown.timeout`' }),
    )
    let gone: Draining['gone'] = () => {}
    const handedOn = new Promise<number>((resolve) => {
      gone = resolve
    }).finally(cancel)
    this.#draining.set(child, { handedOn, gone })
    this.moved()
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
    this.#draining.get(child)?.gone(handedOn)
    this.#draining.delete(child)
  }
}
