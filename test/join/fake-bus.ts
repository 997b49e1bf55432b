import type { Bus, Heard } from '../../src/join/bus.js'

/** A bus in this process, which delivers at once and loses what the test wants lost. */
export class FakeBus implements Bus {
  largest = 2 ** 20
  /** Messages that are still to be lost. */
  losing = 0
  readonly published: { readonly subject: string; readonly bytes: Uint8Array }[] = []
  readonly #subscriptions = new Set<{ readonly subject: string; readonly heard: Heard }>()

  publish(subject: string, bytes: Uint8Array): void {
    this.published.push({ subject, bytes })
    if (this.losing > 0) {
      this.losing--
      return
    }
    for (const subscription of [...this.#subscriptions])
      if (subscription.subject === subject) subscription.heard(bytes)
  }

  subscribe(subject: string, heard: Heard): () => void {
    const subscription = { subject, heard }
    this.#subscriptions.add(subscription)
    return () => this.#subscriptions.delete(subscription)
  }

  get subscriptions(): number {
    return this.#subscriptions.size
  }

  readonly closed = new Promise<undefined>(() => {})

  async close(): Promise<void> {
    this.#subscriptions.clear()
  }
}
