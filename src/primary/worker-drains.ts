import type { Clock } from '../model/clock.js'
import type { ChildProcess } from './processes/child-process.js'
import type { Router } from './router/router.js'

/**
 * Takes single workers out of the flow: they are lent nothing more, finish what they have in hand,
 * and are stopped when it is empty.
 */
export class WorkerDrains {
  readonly #router: () => Router
  readonly #clock: Clock
  readonly #deadline: number
  readonly #draining = new Map<ChildProcess, () => void>()

  /** @param deadline milliseconds after which a worker is killed; its records then go to others */
  constructor(router: () => Router, clock: Clock, deadline: number) {
    this.#router = router
    this.#clock = clock
    this.#deadline = deadline
  }

  /** Resolves when the worker is gone. */
  async drain(worker: ChildProcess): Promise<void> {
    this.#router().dispatch.drain(worker.key)
    const cancel = this.#clock.after(this.#deadline, () => worker.kill())
    const gone = new Promise<void>((resolve) => this.#draining.set(worker, resolve))
    this.moved()
    await gone
    cancel()
  }

  has(worker: ChildProcess): boolean {
    return this.#draining.has(worker)
  }

  /** To be called when records moved: stops those whose hand is empty. */
  moved(): void {
    for (const worker of this.#draining.keys()) if (this.#router().inHand(worker) === 0) worker.stop()
  }

  /** To be called when a process is gone. */
  gone(child: ChildProcess): void {
    this.#draining.get(child)?.()
    this.#draining.delete(child)
  }
}
