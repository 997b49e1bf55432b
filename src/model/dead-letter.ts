import type { Headers } from './record.js'

/** A record given up on, with its cause: one line of the dead-letter file. */
export interface DeadLetter {
  readonly id: string
  /** Where it was given up: reading, in the handler, or by the sink. */
  readonly stage: 'writer' | 'worker' | 'sender'
  readonly attempts: number
  /** ISO 8601. */
  readonly at: string
  readonly error: { readonly name: string; readonly message: string; readonly stack?: string }
  readonly key?: string
  readonly headers?: Headers
  /** The value, where JSON can hold it exactly. What a sink rejected is a result, and this is that result's. */
  readonly value?: unknown
  /** Base64 of the value in MessagePack, where it cannot. */
  readonly valueMsgpack?: string
}

/** A letter in a list: who, when and why, without what may be large. */
export type DeadLetterHead = Pick<DeadLetter, 'id' | 'stage' | 'attempts' | 'at' | 'key'> & {
  readonly error: { readonly name: string; readonly message: string }
}

/** Letters by their ids, or all there are. */
export type ChosenLetters = readonly string[] | 'all'

/** What became of letters that were asked to be handled again. */
export interface ReplayReport {
  readonly accepted: number
  readonly refused: readonly { readonly id: string; readonly why: string }[]
}

/**
 * The dead letters of one pipeline, wherever they are reached: in its primary, over its control
 * socket, or in the file of one that does not run.
 *
 * Every method that is given ids rejects with `unknown_target`, having done nothing, when there is
 * no letter with one of them.
 */
export interface DeadLetters {
  /** Each id once, the newest last. */
  list(): AsyncIterable<DeadLetterHead>
  show(id: string): Promise<DeadLetter>
  /** Resolves with how many are gone, durably. */
  drop(chosen: ChosenLetters): Promise<number>
  /** A letter stays until its record is settled. */
  replay(chosen: ChosenLetters): Promise<ReplayReport>
}

/** What happens to the dead-letter file that somebody should know of before letters are missed. */
export type DeadLetterEvent =
  | {
      /** Told once, and again only after the file was below. */
      readonly type: 'deadLettersNearBound'
      readonly file: string
      readonly letters: number
      readonly bound: 'size' | 'age'
      /** What is reached of the limit: bytes, or milliseconds. */
      readonly reached: number
      readonly limit: number
    }
  | {
      /** Letters were thrown away because of a bound. */
      readonly type: 'deadLettersExpired'
      readonly file: string
      readonly letters: number
      readonly why: 'size' | 'age'
    }
  | {
      /** The file is past a bound and could not be written anew. No letter is lost; it is tried again. */
      readonly type: 'deadLettersNotTrimmed'
      readonly file: string
      readonly error: string
    }
