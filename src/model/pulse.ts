import type { Health, PipelineState } from './status.js'

/** How a pipeline is at one moment, as far as its primary knows without asking anybody. */
export interface Pulse {
  readonly state: PipelineState
  readonly reason: string | null
  readonly read: number
  readonly settled: number
  readonly inFlight: number
  /** Whether it makes progress, or has nothing to do. */
  readonly health: Health
}
