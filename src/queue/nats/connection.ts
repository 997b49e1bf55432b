import { connect, errors, type NatsConnection } from '@nats-io/transport-node'
import type { NatsTransport } from '../../config/config.js'
import { MillraceError } from '../../errors.js'

/** Milliseconds that a server has to answer when a queue is opened. */
const CONNECT_TIMEOUT_MS = 3000

/** Milliseconds between two attempts to get back to a server that went away. */
const RECONNECT_WAIT_MS = 250

/**
 * Connects, once; a connection that breaks later is restored for ever.
 *
 * @throws MillraceError `broker_unreachable` when no server answers, `broker_unfit` when it turns us away
 */
export async function connectTo(transport: NatsTransport, clientName: string): Promise<NatsConnection> {
  const { servers, user, password, token } = transport
  try {
    return await connect({
      servers: [...servers],
      name: clientName,
      ...(user !== undefined && { user }),
      ...(password !== undefined && { pass: password }),
      ...(token !== undefined && { token }),
      timeout: CONNECT_TIMEOUT_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_WAIT_MS,
      noAsyncTraces: true,
    })
  } catch (error) {
    throw connectionError(transport, error)
  }
}

/** The servers as messages may name them: without what a URL could carry of credentials. */
export const namesOf = ({ servers }: NatsTransport): string =>
  servers.map((server) => server.slice(server.lastIndexOf('@') + 1).replace(/^\w+:\/\//, '')).join(', ')

/** What a failed or broken connection means to the user. The client's error stays behind as the cause. */
export function connectionError(transport: NatsTransport, cause: unknown): MillraceError {
  const names = namesOf(transport)
  if (isRefusal(cause)) {
    return new MillraceError(
      'broker_unfit',
      `The NATS server ${names} refused the login. Check user, password or token of the transport.`,
      { cause },
    )
  }
  return new MillraceError(
    'broker_unreachable',
    `No NATS server answers at ${names}. Start it (nats-server -js), or correct the address in the transport.`,
    { cause },
  )
}

const isRefusal = (error: unknown): boolean =>
  error instanceof errors.AuthorizationError ||
  error instanceof errors.UserAuthenticationExpiredError ||
  (error instanceof Error && error.cause !== undefined && isRefusal(error.cause))
