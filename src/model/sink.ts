import { alsoOfOtherCopies } from './copies.js'
import type { Logger } from './logger.js'
import type { Headers } from './record.js'

/**
 * What a worker made of a record, on its way to the sink. Read its fields by name: but for the value they are
 * put together when somebody does, so a spread (`{ ...result }`) does not have them.
 */
export interface Result<Value = unknown> {
  /**
   * Stable over retries and restarts: the id of its record, with `#1`, `#2`, … when the record has
   * several results. A sink that keeps it can be idempotent.
   */
  readonly id: string
  readonly key: string | undefined
  readonly headers: Headers | undefined
  readonly value: Value
}

/** A result that the sink will never take: its record is dead-lettered with the reason. */
export interface Rejected {
  /** Which of the delivered results, by its index. */
  readonly index: number
  readonly reason: string
}

export interface SinkContext {
  /** Aborts when the pipeline stops at once. */
  readonly signal: AbortSignal
  readonly log: Logger
  /**
   * Whether what the sink holds beyond the state that it is opened with will be delivered again, so
   * that it must be cut off. False for the first sender of a run that goes on after an earlier one of
   * a live source, because what that one delivered last can never be made again; and for sinks of dead
   * letters, which have no checkpoint.
   */
  readonly redelivers: boolean
}

/** What the sender delivers to. Anybody can write one; `docs/connectors.md` walks through an example. */
export interface Sink<Value = unknown, State = unknown> {
  /**
   * Gets ready to deliver. `state` is what was confirmed before, by this process or a dead one:
   * whatever the sink holds beyond it is delivered again, so cut it off (unless
   * {@link SinkContext.redelivers} is false: then go on behind it).
   */
  open(state: State | undefined, context: SinkContext): Promise<void>
  /**
   * Delivers in order. Returning means delivered, except for those returned as rejected; throwing
   * means that none of them is, and they are tried again.
   */
  deliver(results: readonly Result<Value>[]): Promise<readonly Rejected[] | void> | readonly Rejected[] | void
  /**
   * What the sink would go back to, for what was delivered so far; nothing is made durable. Must be
   * cheap: it is called between deliveries, after each of them, and after `open`. With it, a new
   * sender doubles nothing, and deliveries need not wait for `sync`.
   */
  state?(): State
  /**
   * Makes durable whatever was delivered before it was called, and returns the state to go back to.
   * Never called while another call is under way, and tried again for as long as it takes when it
   * rejects: what was delivered before the first try must be covered by the one that works.
   *
   * - With `state`, it is called for each checkpoint. It runs beside deliveries, which may begin and
   *   end meanwhile; whether it covers those is up to the sink. The checkpoint has what `state`
   *   returned just before the call.
   * - Without `state`, it is called after each delivery, which counts only when it has worked; and
   *   once after `open`, if there was no state to open with. Add `state` to be faster.
   */
  sync?(): Promise<State>
  close?(): Promise<void>
}

/** Thrown by a sink whose reader is gone for good and does not mind (`| head`): the pipeline ends quietly. */
export class SinkClosed extends Error {
  static override readonly [Symbol.hasInstance] = alsoOfOtherCopies('SinkClosed')
  override readonly name = 'SinkClosed'
}
