import { request } from 'node:http'
import { isErrorCode, MillraceError, systemCodeOf } from '../errors.js'
import type { PauseReport, RateReport, RestartReport, StatusReport, Summary } from '../model/status.js'
import { type Entry, forget } from './registry.js'

/** Milliseconds that a pipeline has to say how it is. Its loop answers in a few. */
const patience = 10_000

/** Asks a running pipeline how it is. */
export const askStatus = (entry: Entry): Promise<StatusReport> =>
  ask(entry, 'GET /status', { timeout: patience }) as Promise<StatusReport>

/** Has a process replaced; resolves when the new one works and the old one is gone. */
export const askRestart = (entry: Entry, target: string): Promise<RestartReport> =>
  ask(entry, 'POST /restart', { body: { target } }) as Promise<RestartReport>

/** Has a pipeline read and begin nothing more. */
export const askPause = (entry: Entry): Promise<PauseReport> =>
  ask(entry, 'POST /pause', { body: {}, timeout: patience }) as Promise<PauseReport>

/** Has a paused pipeline go on. */
export const askResume = (entry: Entry): Promise<PauseReport> =>
  ask(entry, 'POST /resume', { body: {}, timeout: patience }) as Promise<PauseReport>

/** Limits the records that begin a second; null for no limit. */
export const askRate = (entry: Entry, perSecond: number | null): Promise<RateReport> =>
  ask(entry, 'POST /rate', { body: { perSecond }, timeout: patience }) as Promise<RateReport>

/** Has a pipeline drained; resolves when it has ended, with its account if it could give one. */
export async function askStop(entry: Entry): Promise<Summary | undefined> {
  try {
    const { summary } = (await ask(entry, 'POST /stop', { body: {} })) as { readonly summary: Summary | null }
    return summary ?? undefined
  } catch (thrown) {
    // It ended without an answer: killed, most likely. It is stopped all the same.
    if (systemCodeOf(thrown) === 'ECONNRESET') return undefined
    throw thrown
  }
}

/** A connection that nobody accepts: the process behind the entry is not that pipeline any more. */
const goneCodes: readonly (string | undefined)[] = ['ECONNREFUSED', 'ENOENT', 'ENOTSOCK']

interface Question {
  readonly body?: object
  /** Milliseconds; without it, the answer may take as long as it takes. */
  readonly timeout?: number
}

async function ask(entry: Entry, route: string, { body, timeout }: Question): Promise<unknown> {
  const text = await exchange(entry, route, { ...(body && { body }), ...(timeout && { timeout }) }).catch(
    (cause: unknown) => {
      if (!goneCodes.includes(systemCodeOf(cause))) throw cause
      forget(entry)
      throw new MillraceError('not_running', `\`${entry.name}\` (pid ${entry.pid}) is not running any more`, {
        cause,
      })
    },
  )
  const answer: unknown = JSON.parse(text)
  const error = errorIn(answer)
  if (error) throw error
  return answer
}

function exchange(entry: Entry, route: string, { body, timeout }: Question): Promise<string> {
  const [method, path] = route.split(' ')
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: entry.socket, method, path, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve(Buffer.concat(chunks).toString()))
    })
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

function errorIn(answer: unknown): MillraceError | undefined {
  if (typeof answer !== 'object' || answer === null || !('error' in answer)) return undefined
  const { code, message } = answer.error as { readonly code?: unknown; readonly message?: unknown }
  return new MillraceError(isErrorCode(code) ? code : 'internal', String(message))
}
