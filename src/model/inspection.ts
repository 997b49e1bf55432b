import type { ProcessId, ProcessState } from './role.js'

/** Where a process is at one moment, and with what. */
export interface StackReport {
  readonly process: ProcessId
  readonly pid: number
  readonly state: ProcessState
  /** Frames as an Error has them, the innermost first; none when it waits for something to happen. */
  readonly stack: readonly string[]
  /** The record whose handler runs, as far as that can be told. */
  readonly record: string | null
  /** Records whose handler has not come back: how many, and the ids of the first 20. */
  readonly atWork: { readonly count: number; readonly ids: readonly string[] }
  /** Records that it was lent. */
  readonly inHand: number
  /** How long it has had the oldest of them; null when it has none. */
  readonly heldSeconds: number | null
}

/** What is to be profiled. */
export interface ProfileRequest {
  /** `worker:2`, or `primary`. */
  readonly target: string
  readonly seconds: number
  /** Aborted when nobody wants it any more. */
  readonly signal: AbortSignal
}

/** Seconds that a profile may take. */
export const LONGEST_PROFILE = 600

/** An event as it is kept: when it was, how grave, and the sentence that the log has for it. */
export interface EventEntry {
  /** ISO 8601. */
  readonly at: string
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly text: string
  /** What happened, by its `type`; absent in a note that some are missing. */
  readonly event?: { readonly type: string; readonly process?: ProcessId }
  /** How many like it are not kept, because there were too many in one second. */
  readonly more?: number
  /** How many are missing here, because their reader was too slow. */
  readonly missed?: number
}

/** Which events are wanted. */
export interface EventRequest {
  /** The newest of them only. Default: all there are. */
  readonly last?: number | undefined
  /** Milliseconds since 1970. */
  readonly since?: number | undefined
  /** Go on with those that still happen, until the pipeline has ended. */
  readonly follow: boolean
  /** Aborted when nobody reads any more. */
  readonly signal: AbortSignal
}
