import { errors } from '@nats-io/transport-node'
import type { NatsTransport } from '../config/config.js'
import { MillraceError } from '../errors.js'
import { systemClock } from '../model/clock.js'
import { connectionError, connectTo, namesOf } from '../queue/nats/connection.js'
import { requireVersion } from '../queue/nats/version.js'
import type { Bus } from './bus.js'

/** What a server takes if it does not say. */
const USUAL_LARGEST = 2 ** 20

/** Milliseconds that the server has to take what is left. */
const CLOSE_TIMEOUT_MS = 500

/** No message is larger than this, whatever the server takes: larger ones only hold up others. */
const LARGEST = 2 ** 20

/**
 * A bus over subjects of core NATS.
 *
 * @param forbidden called when the server does not let us publish or listen on a subject, once for each of its kind
 * @throws MillraceError `broker_unreachable`, `broker_unfit`
 */
export async function openNatsBus(
  transport: NatsTransport,
  clientName: string,
  forbidden: (error: MillraceError) => void,
): Promise<Bus> {
  const nc = await connectTo(transport, clientName)
  try {
    requireVersion(nc.info?.version, namesOf(transport))
  } catch (error) {
    await nc.close()
    throw error
  }
  // While the client dials it knows nothing of the server; what is too long would be refused once it is back.
  let taken = nc.info?.max_payload ?? USUAL_LARGEST
  const told = new Set<string>()
  const tell = (error: Error) => {
    if (!(error instanceof errors.PermissionViolationError)) return
    const kind = `${error.operation} ${error.subject.split('.').at(-1)}`
    if (told.has(kind)) return
    told.add(kind)
    forbidden(forbiddenSubject(transport, error))
  }
  void (async () => {
    for await (const status of nc.status()) if (status.type === 'error') tell(status.error)
  })()
  return {
    get largest() {
      taken = nc.info?.max_payload ?? taken
      return Math.min(LARGEST, taken)
    },
    publish: (subject, bytes) => {
      if (!nc.isClosed()) nc.publish(subject, bytes)
    },
    subscribe: (subject, heard) => {
      const subscription = nc.subscribe(subject, {
        callback: (error, message) => {
          // What is wrong with it is among the states of the connection.
          if (!error) heard(message.data)
        },
      })
      return () => subscription.unsubscribe()
    },
    closed: nc.closed().then((error) => (error ? connectionError(transport, error) : undefined)),
    close: async () => {
      const cancel = systemClock.after(CLOSE_TIMEOUT_MS, () => void nc.close())
      // A server that is away answers no flush.
      await nc.flush().catch(() => {})
      cancel()
      await nc.close()
    },
  }
}

const forbiddenSubject = (
  transport: NatsTransport,
  cause: InstanceType<typeof errors.PermissionViolationError>,
): MillraceError => {
  const { operation, subject } = cause
  const doing = operation === 'publish' ? 'publish on' : 'subscribe to'
  return new MillraceError(
    'broker_unfit',
    `The NATS server ${namesOf(transport)} does not let this user ${doing} ${subject}. Allow it to publish and subscribe on ${subject.split('.', 3).join('.')}.>, which machines need to join.`,
    { cause },
  )
}
