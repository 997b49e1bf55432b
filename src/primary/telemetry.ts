import type { Logger } from 'pino'
import type { Config } from '../config/config.js'
import { systemClock } from '../model/clock.js'
import type { EventEntry } from '../model/inspection.js'
import type { LogLevel } from '../model/logger.js'
import { EventFile, keptEvents } from '../telemetry/event-file.js'
import { EventHistory } from '../telemetry/event-history.js'
import type { EventListener, PipelineEvent } from '../telemetry/events.js'
import { limitFailures, type Omitted } from '../telemetry/failure-limit.js'
import {
  logDestination,
  logEvents,
  logOmitted,
  primaryLogger,
  sentenceOf,
  sentenceOfOmitted,
} from '../telemetry/log.js'
import { LogRelay } from '../telemetry/relay.js'

/** What the primary says, and passes on. */
export interface Telemetry {
  readonly log: Logger
  readonly relay: LogRelay
  readonly emit: EventListener
  /** Logs at this level from now on. */
  setLevel(level: LogLevel): void
  /** The last events, for whoever asks. */
  readonly history: EventHistory
  /** Keeps events in a state folder, from the first of this run on. To be called once the folder is ours. */
  keepEventsIn(folder: string): void
}

/** Logs to stderr: pretty when a person is watching, else one JSON object a line. */
export async function startTelemetry(config: Config, onEvent: EventListener = () => {}): Promise<Telemetry> {
  const pretty = process.stderr.isTTY === true
  const destination = await logDestination(pretty)
  const log = primaryLogger(config.name, config.log.level, destination)
  const everything = logEvents(log, pretty)
  const limited = limitFailures(everything, logOmitted(log, pretty), systemClock)
  const relay = new LogRelay(log, destination)
  const history = new EventHistory()
  let file: EventFile | undefined
  const add = (entry: EventEntry) => {
    history.add(entry)
    file?.append(entry)
  }
  // A flood of failures must not push out what matters.
  const keep = limitFailures(
    (event) => add(entryOf(event)),
    (omitted) => add(entryOfOmitted(omitted)),
    systemClock,
  )
  return {
    log,
    relay,
    history,
    emit: (event) => {
      // What somebody has read in the log is kept, whatever happens next.
      if (event.type !== 'progressed') keep(event)
      // Who debugs wants to see every attempt.
      if (log.isLevelEnabled('debug')) everything(event)
      else limited(event)
      onEvent(event)
    },
    setLevel: (level) => {
      log.level = level
      relay.levelChanged()
    },
    keepEventsIn: (folder) => {
      file = new EventFile({ folder, log })
      const ofThisRun = history.entries
      history.precede(keptEvents(folder, EARLIER_BYTES))
      for (const entry of ofThisRun) file.append(entry)
    },
  }
}

/** Of what earlier runs have kept, as much is read at the start as is likely to fill the history. */
const EARLIER_BYTES = 128 * 2 ** 10

const entryOf = (event: PipelineEvent): EventEntry => ({
  at: new Date().toISOString(),
  ...sentenceOf(event),
  event,
})

const entryOfOmitted = (omitted: Omitted): EventEntry => ({
  at: new Date().toISOString(),
  ...sentenceOfOmitted(omitted),
  event: omitted.last,
  more: omitted.more,
})
