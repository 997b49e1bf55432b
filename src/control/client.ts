import { type IncomingMessage, request } from 'node:http'
import { buffer, text } from 'node:stream/consumers'
import { isErrorCode, MillraceError, systemCodeOf } from '../errors.js'
import type { EventEntry, StackReport } from '../model/inspection.js'
import type { LogLevel } from '../model/logger.js'
import type {
  DrainReport,
  InFlightReport,
  LogLevelReport,
  PauseReport,
  RateReport,
  RestartReport,
  RollReport,
  ScaleReport,
  StatusReport,
  Summary,
} from '../model/status.js'
import { type Entry, forget } from './registry.js'

/** Milliseconds that a pipeline has to say how it is. Its loop answers in a few. */
const patience = 10_000

/** Asks a running pipeline how it is. */
export const askStatus = (entry: Entry): Promise<StatusReport> =>
  ask(entry, 'GET /status', { timeout: patience }) as Promise<StatusReport>

/** Asks what each process holds: the oldest `limit` runs of records. */
export const askInFlight = (entry: Entry, limit: number): Promise<InFlightReport> =>
  ask(entry, `GET /inflight?limit=${limit}`, { timeout: patience }) as Promise<InFlightReport>

/** Has a process replaced, or all workers; resolves when the new ones work and the old ones are gone. */
export const askRestart = (entry: Entry, target: string): Promise<RestartReport | RollReport> =>
  ask(entry, 'POST /restart', { body: { target } }) as Promise<RestartReport | RollReport>

/** Has another number of workers; resolves when the new ones are ready, or those that leave are gone. */
export const askScale = (entry: Entry, workers: number): Promise<ScaleReport> =>
  ask(entry, 'POST /scale', { body: { workers } }) as Promise<ScaleReport>

/** Has every process log at another level. */
export const askLogLevel = (entry: Entry, level: LogLevel): Promise<LogLevelReport> =>
  ask(entry, 'POST /log-level', { body: { level }, timeout: patience }) as Promise<LogLevelReport>

/** Has a pipeline drained; resolves when that has begun. */
export const askDrain = (entry: Entry): Promise<DrainReport> =>
  ask(entry, 'POST /drain', { body: {}, timeout: patience }) as Promise<DrainReport>

/** Has a pipeline read and begin nothing more. */
export const askPause = (entry: Entry): Promise<PauseReport> =>
  ask(entry, 'POST /pause', { body: {}, timeout: patience }) as Promise<PauseReport>

/** Has a paused pipeline go on. */
export const askResume = (entry: Entry): Promise<PauseReport> =>
  ask(entry, 'POST /resume', { body: {}, timeout: patience }) as Promise<PauseReport>

/** Limits the records that begin a second; null for no limit. */
export const askRate = (entry: Entry, perSecond: number | null): Promise<RateReport> =>
  ask(entry, 'POST /rate', { body: { perSecond }, timeout: patience }) as Promise<RateReport>

/** Asks where a process is at this moment. */
export const askStack = (entry: Entry, process: string): Promise<StackReport> =>
  ask(entry, `GET /stack?${new URLSearchParams({ process })}`, { timeout: patience }) as Promise<StackReport>

/** Has a process profiled for so many seconds; resolves with the bytes of a `.cpuprofile`. */
export async function askProfile(entry: Entry, process: string, seconds: number): Promise<Buffer> {
  const route = `GET /profile?${new URLSearchParams({ process, seconds: String(seconds) })}`
  const response = await open(entry, route, { timeout: seconds * 1000 + 2 * patience })
  const body = await buffer(response)
  if (response.statusCode !== 200) answerIn(body.toString())
  return body
}

/** Which events are asked for. */
export interface EventsWanted {
  readonly last?: number | undefined
  /** ISO 8601. */
  readonly since?: string | undefined
  readonly follow: boolean
}

/** What happened to a pipeline; with `follow`, until it has ended. */
export function askEvents(entry: Entry, { last, since, follow }: EventsWanted): AsyncIterable<EventEntry> {
  const wanted = { ...(last !== undefined && { last: String(last) }), ...(since && { since }) }
  const route = `GET /events?${new URLSearchParams({ ...wanted, ...(follow && { follow: 'true' }) })}`
  return askLines(entry, route, follow ? {} : { timeout: patience }) as AsyncIterable<EventEntry>
}

/**
 * Has a pipeline drained, or stopped `now`; resolves when it has ended, with its account if it could
 * give one.
 */
export async function askStop(entry: Entry, now = false): Promise<Summary | undefined> {
  try {
    const { summary } = (await ask(entry, 'POST /stop', { body: { now } })) as {
      readonly summary: Summary | null
    }
    return summary ?? undefined
  } catch (thrown) {
    // It ended without an answer: killed, most likely. It is stopped all the same.
    if (systemCodeOf(thrown) === 'ECONNRESET') return undefined
    throw thrown
  }
}

/** A connection that nobody accepts: the process behind the entry is not that pipeline any more. */
const goneCodes: readonly (string | undefined)[] = ['ECONNREFUSED', 'ENOENT', 'ENOTSOCK']

export interface Question {
  readonly body?: object
  /** Milliseconds; without it, the answer may take as long as it takes. */
  readonly timeout?: number
}

/** One question, and its answer. */
export async function ask(entry: Entry, route: string, question: Question): Promise<unknown> {
  return answerIn(await text(await open(entry, route, question)))
}

/** One question, and its answer in parts, one a line, as they come. */
export async function* askLines(entry: Entry, route: string, question: Question): AsyncGenerator<unknown> {
  const response = await open(entry, route, question)
  // Not by readline: it breaks lines at U+2028 too, which JSON leaves as it is.
  let begun = ''
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (begun + chunk).split('\n')
    begun = lines.pop()!
    for (const line of lines) yield answerIn(line)
  }
}

function answerIn(json: string): unknown {
  const answer: unknown = JSON.parse(json)
  const error = errorIn(answer)
  if (error) throw error
  return answer
}

async function open(entry: Entry, route: string, question: Question): Promise<IncomingMessage> {
  try {
    return await send(entry, route, question)
  } catch (cause) {
    if (!goneCodes.includes(systemCodeOf(cause))) throw cause
    forget(entry)
    throw new MillraceError('not_running', `\`${entry.name}\` (pid ${entry.pid}) is not running any more`, {
      cause,
    })
  }
}

/** Resolves with the head of the answer; the rest is to be read. */
function send(entry: Entry, route: string, { body, timeout }: Question): Promise<IncomingMessage> {
  const [method, path] = route.split(' ')
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: entry.socket, method, path, agent: false }, resolve)
    if (timeout) asked.setTimeout(timeout, () => asked.destroy(silent(entry, timeout)))
    asked.on('error', reject)
    asked.end(body && JSON.stringify(body))
  })
}

const silent = (entry: Entry, timeout: number) =>
  new MillraceError(
    'no_answer',
    `\`${entry.name}\` (pid ${entry.pid}) gave no answer for ${timeout / 1000} s; it may be stopped or stuck`,
  )

/** An error is all that an answer then has; a dead letter has an `error` too, beside other things. */
function errorIn(answer: unknown): MillraceError | undefined {
  if (typeof answer !== 'object' || answer === null || !('error' in answer)) return undefined
  if (Object.keys(answer).length > 1) return undefined
  const { code, message } = answer.error as { readonly code?: unknown; readonly message?: unknown }
  return new MillraceError(isErrorCode(code) ? code : 'internal', String(message))
}
