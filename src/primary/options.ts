import type { HttpServer } from '../http/server.js'
import type { EventListener } from '../telemetry/events.js'
import type { RestartCounts } from '../telemetry/metrics/restart-counts.js'
import type { RetryWaits } from '../telemetry/retry-waits.js'
import type { RunState } from './state/run-state.js'
import type { Telemetry } from './telemetry.js'

export interface PipelineOptions {
  /** millrace's own version, for status reports. */
  readonly version: string
  /** Hears every event besides the log. */
  readonly onEvent?: EventListener
  /** Begin at the start of the source, whatever the checkpoint says. Default: false. */
  readonly fresh?: boolean
  /** End, as at the end of the source, after this run has read so many records. Default: all. */
  readonly limit?: number
}

/** What a pipeline is started with, beside its configuration. */
export interface Start extends PipelineOptions {
  readonly telemetry: Telemetry
  readonly state: RunState
  /** Heard every event from the first. */
  readonly restarts: RestartCounts
  /** Heard every event from the first. */
  readonly retryWaits: RetryWaits
  /** Closed at the end of the pipeline. */
  readonly http: HttpServer | undefined
}
