import type { SourceBatch } from '../model/source.js'

/** The steps of a source, awaited one at a time until there are no more, or no more are waited for. */
export class Steps {
  readonly #batches: AsyncIterator<SourceBatch>
  /** Ends the wait for the next step. Set by each step. */
  #interrupt: (() => void) | undefined
  #patient = true

  constructor(batches: AsyncIterable<SourceBatch>) {
    this.#batches = batches[Symbol.asyncIterator]()
  }

  /** The next step; undefined at the end, and when no more is awaited. */
  async next(): Promise<SourceBatch | undefined> {
    const step = await this.#awaitStep()
    return step?.done ? undefined : step?.value
  }

  /** The step that is being awaited is the last one that is wanted: gives up on it, too. */
  awaitNoMore(): void {
    this.#patient = false
    this.#interrupt?.()
  }

  #awaitStep(): Promise<IteratorResult<SourceBatch> | undefined> {
    return new Promise((resolve, reject) => {
      if (!this.#patient) {
        resolve(undefined)
        return
      }
      // One at a time: a race against one long promise would keep a reaction for every step.
      this.#interrupt = () => resolve(undefined)
      this.#batches.next().then(resolve, reject)
    })
  }
}
