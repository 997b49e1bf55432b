/**
 * The signal of one call of the handler: aborts at its timeout, and when the process' own does.
 *
 * An AbortController costs more than many a record, so one is made only when a handler looks.
 */
export class CallSignal {
  readonly #process: AbortSignal
  #controller: AbortController | undefined
  #overdue: Error | undefined

  constructor(process: AbortSignal) {
    this.#process = process
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#overdue) this.#controller.abort(this.#overdue)
      else if (this.#process.aborted) this.#controller.abort(this.#process.reason)
    }
    return this.#controller.signal
  }

  /** Whether {@link timeOut} was called. */
  get overdue(): boolean {
    return this.#overdue !== undefined
  }

  /** The call has taken too long. */
  timeOut(reason: Error): void {
    this.#overdue = reason
    this.#controller?.abort(reason)
  }

  /** The process' signal has aborted. */
  stop(): void {
    this.#controller?.abort(this.#process.reason)
  }

  /**
   * What the call is to be said to have failed with: that it took too long, if it gave up because it
   * was told to. Whatever else it failed with after its time says more than that.
   */
  causeOf(error: unknown): unknown {
    const gaveUp = error instanceof Error && error.name === 'AbortError'
    return this.#overdue && gaveUp ? this.#overdue : error
  }
}
