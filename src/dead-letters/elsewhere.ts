import { MillraceError } from '../errors.js'
import type { DeadLetter, DeadLetterHead, DeadLetters, ReplayReport } from '../model/dead-letter.js'

/** The dead letters of a pipeline that hands them to a sink: what is done with them is done there. */
export class DeadLettersElsewhere implements DeadLetters {
  readonly #place: string

  constructor(place: string) {
    this.#place = place
  }

  // biome-ignore lint/correctness/useYield: it has nothing to list.
  async *list(): AsyncGenerator<DeadLetterHead> {
    throw this.#elsewhere()
  }

  async show(): Promise<DeadLetter> {
    throw this.#elsewhere()
  }

  async drop(): Promise<number> {
    throw this.#elsewhere()
  }

  async replay(): Promise<ReplayReport> {
    throw this.#elsewhere()
  }

  #elsewhere(): MillraceError {
    return new MillraceError(
      'dead_letters_elsewhere',
      `dead letters go to ${this.#place}, so look there; \`millrace dead\` is for letters in a file (\`deadLetter.to\`)`,
    )
  }
}
