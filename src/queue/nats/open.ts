import type { NatsTransport } from '../../config/config.js'
import type { Amount } from '../../model/amount.js'
import { type Clock, systemClock } from '../../model/clock.js'
import type { Logger } from '../../model/logger.js'
import type { QueueListener } from '../contract.js'
import { connectTo, namesOf } from './connection.js'
import { NatsQueue } from './nats-queue.js'
import { namesFor, openStream } from './stream.js'
import { requireVersion } from './version.js'

export interface NatsQueueOptions {
  /** The pipeline's name: streams and subjects are named after it. */
  readonly name: string
  readonly which: 'in' | 'out'
  readonly transport: NatsTransport
  readonly capacity: Amount
  readonly listener: QueueListener
  readonly log: Logger
  /**
   * Messages in the stream at the most. Default: twice the records of the capacity, and 1,024 more,
   * because messages stay in it until their last record is settled, and so longer than they count
   * against the capacity.
   */
  readonly maxMessages?: number
  readonly clock?: Clock
}

export interface OpenedNatsQueue {
  readonly queue: NatsQueue
  /** Messages of an earlier run that were found and discarded. */
  readonly discarded: number
}

/**
 * Opens one of the two queues of a pipeline on a NATS server. What an earlier run left in it is
 * discarded: its places mean nothing to this one, which reads all of it again from the source.
 *
 * @throws MillraceError `broker_unreachable` when no server answers within some seconds,
 *   `broker_unfit` when it refuses the login, or has no JetStream
 */
export async function openNatsQueue(options: NatsQueueOptions): Promise<OpenedNatsQueue> {
  const { name, which, transport, capacity, listener, log, clock = systemClock } = options
  const maxMessages = options.maxMessages ?? 2 * capacity.records + 1024
  const names = namesFor(name, which)
  const nc = await connectTo(transport, `${names.stream} ${process.pid}`)
  try {
    const server = namesOf(transport)
    requireVersion(nc.info?.version, server)
    const stream = await openStream(nc, { names, server, maxMessages })
    const queue = new NatsQueue({
      nc,
      stream,
      names,
      transport,
      capacity,
      maxMessages,
      listener,
      log,
      clock,
    })
    await queue.start()
    return { queue, discarded: stream.discarded }
  } catch (error) {
    await nc.close()
    throw error
  }
}
