import type { DeadLetter } from '../model/dead-letter.js'

/** Where the letters of a run go: a file, or a sink of the user's. */
export interface LetterKeeper {
  /** How it is called in messages: a path, or a connector string. */
  readonly place: string
  /** Letters that are there: of all runs in a file, of this run in a sink. */
  readonly count: number
  /** Resolves when the letter is durable. Rejects with `deadletter_unwritable` when it never will be. */
  keep(letter: DeadLetter): Promise<void>
  /** Has letters leave whose records were handled again and are settled. */
  forget(ids: readonly string[]): Promise<void>
  /** Resolves when everything handed over before is durable; rejects when some of it cannot be. */
  settled(): Promise<void>
  close(): Promise<void>
}
