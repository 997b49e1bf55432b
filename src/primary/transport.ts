import type { Config } from '../config/config.js'
import type { OpenQueue } from '../queue/contract.js'
import { MemoryQueue } from '../queue/memory.js'
import type { Machines } from './elsewhere/machines.js'
import type { Telemetry } from './telemetry.js'

/** How the queues of a configuration are opened. The code of a transport is loaded only when it is used. */
export async function queueOpener(config: Config, telemetry: Telemetry): Promise<OpenQueue> {
  const { transport, name } = config
  if (transport.kind === 'ipc') return async (_, capacity, listener) => new MemoryQueue(capacity, listener)
  const { openNatsQueue } = await import('../queue/nats/open.js')
  return async (which, capacity, listener) => {
    const { queue, discarded } = await openNatsQueue({
      name,
      which,
      transport,
      capacity,
      listener,
      log: telemetry.log,
    })
    if (discarded > 0) telemetry.emit({ type: 'leftoversDiscarded', queue: which, batches: discarded })
    return queue
  }
}

/** Lets machines join where they can reach the queues as well. */
export async function openTo(
  machines: Machines,
  { transport, name }: Config,
  { log }: Telemetry,
): Promise<void> {
  if (transport.kind === 'ipc') return
  const { openNatsBus } = await import('../join/nats-bus.js')
  const clientName = `millrace-${name}-join ${process.pid}`
  // The pipeline itself can do without them.
  const forbidden = (error: Error) => log.warn({ err: error }, `no machine can join: ${error.message}`)
  machines.open(await openNatsBus(transport, clientName, forbidden))
}
