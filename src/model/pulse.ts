import type { PipelineState } from './status.js'

/** How a pipeline is at one moment, as far as its primary knows without asking anybody. */
export interface Pulse {
  readonly state: PipelineState
  readonly reason: string | null
  readonly read: number
  readonly settled: number
  readonly inFlight: number
  /** Grows by whatever happens to a record: read, handled, tried again, settled. */
  readonly steps: number
  /**
   * What the records in flight wait for, where that is known: somebody's decision, a sink that fails,
   * a handler at work. Null when there is no reason why they should rest.
   */
  readonly waitsFor: string | null
}

/**
 * Whether records rest, and nobody has them: between two looks nothing happened to any of them, and
 * at neither was there a reason. That is a fault of the primary's own, and another primary may do
 * better; work that is slow, a sink that fails and a pause would be the same for that one.
 */
export const standsStill = (before: Pulse | undefined, now: Pulse): boolean =>
  before !== undefined && now.steps === before.steps && now.waitsFor === null && before.waitsFor === null
