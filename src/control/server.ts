import { chmodSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { MillraceError, messageOf } from '../errors.js'
import { Answer } from '../model/answer.js'
import { type Asked, askedIn } from './parameters.js'
import { type Controlled, type Route, routes } from './routes.js'

/** A control server that listens. */
export interface ControlServer {
  /** Answers what is under way (give `ended` its value first), but to nobody who does not read, then stops listening. */
  close(): Promise<void>
}

/** Bytes of a request; the largest real one has the ids of a command line. */
const longestBody = 4 * 2 ** 20

/** Milliseconds that answers under way get at the end; a reader that is stuck must not hold up the exit. */
const lastWords = 1_000

/** Serves the {@link routes} of one pipeline as JSON over HTTP, on a unix socket for this user only. */
export async function serveControl(socket: string, controlled: Controlled): Promise<ControlServer> {
  const underWay = new Set<Promise<void>>()
  const readers = new Map<ServerResponse, AbortController>()
  const server = createServer((request, response) => {
    const answered = respond({ request, response, readers }, controlled)
      // One answer that cannot be given must not end the pipeline.
      .catch(() => void response.destroy())
      .finally(() => underWay.delete(answered))
    underWay.add(answered)
  })
  // Its name has this process's pid, so what is there was left by a dead process of the same pid.
  rmSync(socket, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socket, resolve)
  })
  chmodSync(socket, 0o600)
  return {
    close: async () => {
      for (const [response, reader] of readers) {
        if (response.writableNeedDrain) response.destroy()
        else reader.abort()
      }
      await Promise.race([Promise.allSettled(underWay), delay(lastWords, undefined, { ref: false })])
      await new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      })
    },
  }
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Those whose answer may have no end. */
  readonly readers: Map<ServerResponse, AbortController>
}

async function respond({ request, response, readers }: Exchange, controlled: Controlled): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => {
    gone.abort()
    readers.delete(response)
  })
  try {
    const body = await readBody(request)
    const { name, route, query } = routeOf(request)
    const asked = askedIn({ name, takes: route.takes ?? {} }, query, body)
    if (route.slow) {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.flushHeaders()
    }
    if (route.endless) readers.set(response, gone)
    const answer = await route.answer(controlled, asked, gone.signal)
    if (isIterable(answer)) await sendLines(response, answer)
    else if (answer instanceof Answer) await sendAnswer(response, answer)
    else await send(response, 200, answer)
  } catch (thrown) {
    const content = errorContent(thrown)
    await send(response, statusOf(content.error.code), content)
  }
}

const errorContent = (thrown: unknown) => ({
  error: { code: thrown instanceof MillraceError ? thrown.code : 'internal', message: messageOf(thrown) },
})

interface Call {
  /** Method and path. */
  readonly name: string
  readonly route: Route
  readonly query: URLSearchParams
}

function routeOf({ method, url = '/' }: IncomingMessage): Call {
  const base = 'http://millrace'
  if (!URL.canParse(url, base))
    throw new MillraceError('bad_usage', `${method} ${url} has no path that can be read`)
  const { pathname, searchParams } = new URL(url, base)
  const name = `${method} ${pathname}`
  const route = Object.hasOwn(routes, name) ? routes[name] : undefined
  if (route) return { name, route, query: searchParams }
  throw new MillraceError(
    'unknown_target',
    `there is no ${name}; there are ${Object.keys(routes).join(', ')}`,
  )
}

function statusOf(code: string): number {
  if (code === 'unknown_target') return 404
  const conflicts = ['not_running', 'not_replaceable', 'profile_running', 'boot_failed']
  if (conflicts.includes(code)) return 409
  return code === 'bad_usage' ? 400 : 500
}

const send = (response: ServerResponse, status: number, content: unknown): Promise<void> =>
  sendAnswer(response, new Answer(status, 'application/json', JSON.stringify(content)))

/** Resolves when the answer is written, or its reader is gone. */
function sendAnswer(response: ServerResponse, { status, contentType, body }: Answer): Promise<void> {
  return new Promise((resolve) => {
    response.once('close', resolve)
    response.on('error', () => resolve())
    if (!response.headersSent) response.writeHead(status, { 'content-type': contentType })
    response.end(body, resolve)
    if (response.destroyed) resolve()
  })
}

const isIterable = (answer: unknown): answer is AsyncIterable<unknown> =>
  typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer

/** Resolves when all is written, no faster than it is read. What fails on the way is the last line. */
async function sendLines(response: ServerResponse, items: AsyncIterable<unknown>): Promise<void> {
  const lines = async function* () {
    try {
      for await (const item of items) yield `${JSON.stringify(item)}\n`
    } catch (thrown) {
      yield `${JSON.stringify(errorContent(thrown))}\n`
    }
  }
  response.writeHead(200, { 'content-type': 'application/x-ndjson' })
  // Somebody who follows waits for the head as well.
  response.flushHeaders()
  await pipeline(lines(), response)
}

async function readBody(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.byteLength
    // Read to its end in any case: whoever still writes would not see the answer.
    if (length <= longestBody) chunks.push(chunk)
  }
  if (length > longestBody) throw new MillraceError('bad_usage', `a request may have ${longestBody} bytes`)
  if (length === 0) return {}
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString())
    if (typeof body === 'object' && body !== null) return body as Asked
  } catch {
    // Told below, like other bodies that are no object.
  }
  throw new MillraceError('bad_usage', 'the body must be a JSON object')
}
