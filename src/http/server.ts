import { setTimeout as delay } from 'node:timers/promises'
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import type { HttpConfig } from '../config/config.js'
import { MillraceError, messageOf, systemCodeOf } from '../errors.js'
import { Answer } from '../model/answer.js'
import type { Observable } from '../model/status.js'
import { observations } from '../telemetry/observations.js'
import { type Refusal, refusalOf } from './guard.js'

/** An HTTP server that listens. */
export interface HttpServer {
  /** Where, with the port that was free if any was asked for. */
  readonly url: string
  /** Answers what is under way, then stops listening. */
  close(): Promise<void>
}

/** Milliseconds that answers under way get at the end; a reader that is stuck must not hold up the exit. */
const lastWords = 1_000

/**
 * Answers the {@link observations} of a pipeline. Nothing can be changed over it.
 *
 * @param pipeline undefined as long as it is not opened
 * @throws MillraceError `address_in_use`, or `bad_config` when the address cannot be listened on
 */
export async function serveHttp(
  { host, port, token }: HttpConfig,
  pipeline: () => Observable | undefined,
): Promise<HttpServer> {
  const server = fastify({
    ...{ bodyLimit: 1024, requestTimeout: 10_000, forceCloseConnections: 'idle' },
    // An address that cannot be read is no route, so the hook below does not see it.
    frameworkErrors: ({ message }, { headers }, reply) =>
      void send(reply, unreadable(refusalOf(headers, token), message)),
  })
  server.addHook('onRequest', async ({ headers, routeOptions }, reply) => {
    const refusal = refusalOf(headers, token)
    const { open = false } = observations[routeOptions.url ?? ''] ?? {}
    if (!refusal || (open && refusal.status === 401)) return
    if (refusal.status === 401) reply.header('www-authenticate', 'Bearer')
    await send(reply, refused(refusal))
  })
  for (const [path, { answer }] of Object.entries(observations)) {
    server.get(path, async ({ headers }, reply) => {
      const running = pipeline()
      const full = running ? await answer(running, headers.accept) : notYet
      return send(reply, refusalOf(headers, token) ? bare(full) : full)
    })
  }
  const known = Object.keys(observations).join(', ')
  server.setNotFoundHandler(({ method, url }, reply) =>
    send(reply, errorOf(404, 'unknown_target', `there is no ${method} ${url}; there are GET ${known}`)),
  )
  server.setErrorHandler((thrown, _, reply) => send(reply, errorOf(500, 'internal', messageOf(thrown))))
  await listen(server, host, port)
  return {
    url: urlOf(server, host),
    close: async () => {
      const closed = server.close()
      await Promise.race([closed, delay(lastWords, undefined, { ref: false })])
      server.server.closeAllConnections()
      await closed
    },
  }
}

const notYet = Answer.json(503, { ok: false, why: 'starting' })

/** What is left for somebody without the token. */
const bare = ({ status }: Answer) => Answer.json(status, { ok: status === 200 })

const refused = ({ status, message }: Refusal) => errorOf(status, 'refused', message)

const unreadable = (refusal: Refusal | undefined, message: string) =>
  refusal ? refused(refusal) : errorOf(400, 'bad_usage', message)

const errorOf = (status: number, code: string, message: string) =>
  Answer.json(status, { error: { code, message } })

const send = (reply: FastifyReply, { status, contentType, body }: Answer): FastifyReply =>
  reply
    .code(status)
    .headers({
      'content-type': contentType,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    .send(body)

async function listen(server: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await server.listen({ host, port })
  } catch (cause) {
    const address = addressOf(host, port)
    if (systemCodeOf(cause) === 'EADDRINUSE') {
      throw new MillraceError(
        'address_in_use',
        `another process listens on ${address} already; end that one, or give \`http\` another port, such as ${addressOf(host, port + 1)}`,
        { cause },
      )
    }
    throw new MillraceError(
      'bad_config',
      `\`http\` cannot listen on ${address}: ${messageOf(cause)}; give an address of this machine and a port above 1023`,
      { cause },
    )
  }
}

function urlOf(server: FastifyInstance, host: string): string {
  const [address] = server.addresses()
  return `http://${addressOf(host, typeof address === 'object' ? address.port : 0)}`
}

const addressOf = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`
