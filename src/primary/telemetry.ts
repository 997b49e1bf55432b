import type { Logger } from 'pino'
import type { Config } from '../config/config.js'
import { systemClock } from '../model/clock.js'
import type { EventListener } from '../telemetry/events.js'
import { limitFailures } from '../telemetry/failure-limit.js'
import { logDestination, logEvents, logOmitted, primaryLogger } from '../telemetry/log.js'
import { LogRelay } from '../telemetry/relay.js'

/** What the primary says, and passes on. */
export interface Telemetry {
  readonly log: Logger
  readonly relay: LogRelay
  readonly emit: EventListener
}

/** Logs to stderr: pretty when a person is watching, else one JSON object a line. */
export async function startTelemetry(config: Config, onEvent: EventListener = () => {}): Promise<Telemetry> {
  const pretty = process.stderr.isTTY === true
  const destination = await logDestination(pretty)
  const log = primaryLogger(config.name, config.log.level, destination)
  const everything = logEvents(log, pretty)
  // Who debugs wants to see every attempt.
  const write = log.isLevelEnabled('debug')
    ? everything
    : limitFailures(everything, logOmitted(log, pretty), systemClock)
  return {
    log,
    relay: new LogRelay(log, destination),
    emit: (event) => {
      write(event)
      onEvent(event)
    },
  }
}
