import type { Logger } from 'pino'
import type { Config } from '../config/config.js'
import { systemClock } from '../model/clock.js'
import type { LogLevel } from '../model/logger.js'
import type { EventListener } from '../telemetry/events.js'
import { limitFailures } from '../telemetry/failure-limit.js'
import { logDestination, logEvents, logOmitted, primaryLogger } from '../telemetry/log.js'
import { LogRelay } from '../telemetry/relay.js'

/** What the primary says, and passes on. */
export interface Telemetry {
  readonly log: Logger
  readonly relay: LogRelay
  readonly emit: EventListener
  /** Logs at this level from now on. */
  setLevel(level: LogLevel): void
}

/** Logs to stderr: pretty when a person is watching, else one JSON object a line. */
export async function startTelemetry(config: Config, onEvent: EventListener = () => {}): Promise<Telemetry> {
  const pretty = process.stderr.isTTY === true
  const destination = await logDestination(pretty)
  const log = primaryLogger(config.name, config.log.level, destination)
  const everything = logEvents(log, pretty)
  const limited = limitFailures(everything, logOmitted(log, pretty), systemClock)
  const relay = new LogRelay(log, destination)
  return {
    log,
    relay,
    emit: (event) => {
      // Who debugs wants to see every attempt.
      if (log.isLevelEnabled('debug')) everything(event)
      else limited(event)
      onEvent(event)
    },
    setLevel: (level) => {
      log.level = level
      relay.levelChanged()
    },
  }
}
