import type { QueueListener } from '../../src/queue/contract.js'

/** A listener that remembers what it was told, and wakes whoever waits for something to become true. */
export class Recorder implements QueueListener {
  readonly blockedReasons: (string | undefined)[] = []
  readonly failures: Error[] = []
  readableCalls = 0
  writableCalls = 0
  readonly #waiters = new Set<() => void>()

  readable(): void {
    this.readableCalls++
    this.#wake()
  }

  writable(): void {
    this.writableCalls++
    this.#wake()
  }

  blocked(reason: string | undefined): void {
    this.blockedReasons.push(reason)
    this.#wake()
  }

  failed(error: Error): void {
    this.failures.push(error)
    this.#wake()
  }

  /** Resolves once the condition holds; looked at whenever the queue says something. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.#waiters.add(resolve)
      })
    }
  }

  #wake(): void {
    for (const resume of this.#waiters) resume()
    this.#waiters.clear()
  }
}
