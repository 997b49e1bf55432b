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
 * @param forbidden called when the server does not let us listen on a subject
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
  return {
    get largest() {
      return Math.min(LARGEST, nc.info?.max_payload ?? USUAL_LARGEST)
    },
    publish: (subject, bytes) => {
      if (!nc.isClosed()) nc.publish(subject, bytes)
    },
    subscribe: (subject, heard) => {
      const subscription = nc.subscribe(subject, {
        callback: (error, message) => {
          if (error) forbidden(forbiddenSubject(transport, subject, error))
          else heard(message.data)
        },
      })
      return () => subscription.unsubscribe()
    },
    flush: () => nc.flush().catch(() => {}),
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

const forbiddenSubject = (transport: NatsTransport, subject: string, cause: Error): MillraceError =>
  new MillraceError(
    'broker_unfit',
    `The NATS server ${namesOf(transport)} does not let this user subscribe to ${subject}. Allow it to publish and subscribe on ${subject.split('.', 3).join('.')}.>, which machines need to join.`,
    { cause },
  )
