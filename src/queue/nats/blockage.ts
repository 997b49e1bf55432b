type Cause = 'connection' | 'storage'

/** Why a queue is out of order, from two sides; says so when the reason changes, and only then. */
export class Blockage {
  readonly #reasons = new Map<Cause, string>()
  readonly #changed: (reason: string | undefined) => void

  constructor(changed: (reason: string | undefined) => void) {
    this.#changed = changed
  }

  /** Whether the connection is down: nothing can be said to the server. */
  get disconnected(): boolean {
    return this.#reasons.has('connection')
  }

  set(cause: Cause, reason: string | undefined): void {
    const before = this.#reason
    if (reason === undefined) this.#reasons.delete(cause)
    else this.#reasons.set(cause, reason)
    if (this.#reason !== before) this.#changed(this.#reason)
  }

  /** Without a connection, whatever else is wrong is a consequence. */
  get #reason(): string | undefined {
    return this.#reasons.get('connection') ?? this.#reasons.get('storage')
  }
}
