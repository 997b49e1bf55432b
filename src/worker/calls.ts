import type { ActiveCalls, Begun } from './active-calls.js'
import type { Bookmarking } from './bookmarking.js'
import type { Hand, Lend } from './hand.js'
import type { HandlerTimes } from './handler-times.js'
import type { Timeouts } from './timeouts.js'

/** What became of a record; called exactly once for each that was begun. */
export interface Outcomes {
  /** The handler returned `value` for the record (which may be `undefined` or `ctx.drop`). */
  returned(lend: Lend, index: number, value: unknown): void
  /** The handler is a generator, and these are its results. */
  generated(lend: Lend, index: number, values: readonly unknown[]): void
  failed(lend: Lend, index: number, error: unknown): void
}

/** Calls the user's handler for what is in hand, up to the first careful record. */
export interface Calls {
  /** Begins at most so many calls, as far as there is room and something to do; says how many. */
  begin(most: number): number
  /** Begins a call for this record and no other, which is no longer in hand. */
  beginAlone(record: Begun): void
}

/** What every kind of calls is given. */
export interface CallParts {
  readonly hand: Hand
  readonly outcomes: Outcomes
  readonly active: ActiveCalls
  readonly times: HandlerTimes
  /** Absent: nobody can tell from outside which record is at work. */
  readonly bookmarking: Pick<Bookmarking, 'begin'> | undefined
  /** Absent: a call may take as long as it likes. */
  readonly timeouts: Timeouts | undefined
  /** Called when there may be more to begin: a pending call has come back, or a batch has waited long enough. */
  wake(): void
}
