import type { NatsTransport } from '../config/config.js'
import { connectTo, namesOf } from '../queue/nats/connection.js'
import { requireVersion } from '../queue/nats/version.js'
import type { Bus } from './bus.js'

/** What a server takes if it does not say. */
const USUAL_LARGEST = 2 ** 20

/** No message is larger than this, whatever the server takes: larger ones only hold up others. */
const LARGEST = 2 ** 20

/**
 * A bus over subjects of core NATS.
 *
 * @throws MillraceError `broker_unreachable`, `broker_unfit`
 */
export async function openNatsBus(transport: NatsTransport, clientName: string): Promise<Bus> {
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
          if (!error) heard(message.data)
        },
      })
      return () => subscription.unsubscribe()
    },
    flush: () => nc.flush().catch(() => {}),
    close: () => nc.drain().catch(() => nc.close()),
  }
}
