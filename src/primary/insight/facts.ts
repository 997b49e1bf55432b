import type { Order } from '../../config/config.js'
import type { QueueStatus, Stages, StatusReport } from '../../model/status.js'

/** All that the bottleneck is told by. Shares are of the last seconds, 0 to 1. */
export interface Facts {
  /** Why nothing is begun, if somebody asked for that. */
  readonly paused: string | null
  /** Why the sink does not work, if it does not; and why something else does not. */
  readonly sinkFails: string | null
  readonly blocked: string | null
  /** Records that may begin a second, if there is a limit; and the share of time that they waited for it. */
  readonly rate: number | null
  readonly heldBack: number
  readonly sourceEnded: boolean
  readonly settledPerSecond: number
  /** Null when nothing was settled yet. */
  readonly lastSettledSecondsAgo: number | null
  readonly inFlight: number
  readonly waitingForRetry: number
  readonly secondsToRetry: number | null
  readonly order: Order
  /** Records that wait because another of their key is under way. */
  readonly parked: number
  readonly oldest: StatusReport['oldestUnsettled']
  readonly stages: Stages
  readonly inQueue: Pick<QueueStatus, 'fullShare' | 'emptyShare'>
  readonly outQueue: Pick<QueueStatus, 'fullShare' | 'emptyShare'>
  readonly workers: number
  readonly concurrency: number
  /** Whether the sink is a module of the user's. */
  readonly ownSink: boolean
  readonly cores: StatusReport['cores']
  /** Cores that each of these uses, 1 being all of one; null where it is not known. Of workers, the mean. */
  readonly cpu: Readonly<Record<'primary' | 'writer' | 'workers' | 'sender', number | null>>
}
