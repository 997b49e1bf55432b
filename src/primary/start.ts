import type { Config } from '../config/config.js'
import type { HttpServer } from '../http/server.js'
import { systemClock } from '../model/clock.js'
import { RestartCounts } from '../telemetry/metrics/restart-counts.js'
import { RetryWaits } from '../telemetry/retry-waits.js'
import type { PipelineOptions } from './options.js'
import { Pipeline } from './pipeline.js'
import { openRunState } from './state/run-state.js'
import { startTelemetry } from './telemetry.js'

/** Starts a pipeline in this process: takes its folder, listens, opens its queues, forks its children and lets records flow. */
export async function startPipeline(config: Config, options: PipelineOptions): Promise<Pipeline> {
  const restarts = new RestartCounts()
  const retryWaits = new RetryWaits(systemClock)
  const telemetry = await startTelemetry(config, (event) => {
    restarts.hear(event)
    retryWaits.hear(event)
    options.onEvent?.(event)
  })
  telemetry.emit({ type: 'primaryStarted', pid: process.pid, version: options.version })
  let pipeline: Pipeline | undefined
  const state = await openRunState(config, options.fresh ?? false, {
    ...telemetry,
    lost: (error) => pipeline?.fail(error),
  })
  if (config.keepsState) telemetry.keepEventsIn(config.stateDir)
  let http: HttpServer | undefined
  try {
    http = await openHttp(config, () => pipeline)
    if (http) telemetry.emit({ type: 'httpOpened', url: http.url })
    const start = { ...options, telemetry, state, restarts, retryWaits, http }
    pipeline = await Pipeline.start(config, start)
    return pipeline
  } catch (error) {
    await http?.close()
    await state.close()
    throw error
  }
}

/** Before anything is forked: a port that is in use is to be told of while nothing runs. */
async function openHttp(
  { http }: Config,
  pipeline: () => Pipeline | undefined,
): Promise<HttpServer | undefined> {
  if (!http) return undefined
  const { serveHttp } = await import('../http/server.js')
  return serveHttp(http, pipeline)
}
