import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamInfo,
} from '@nats-io/jetstream'
import { type NatsConnection, nanos } from '@nats-io/transport-node'
import { MillraceError, messageOf } from '../../errors.js'

/** Milliseconds after its delivery, or the last sign of work on it, at which the server delivers a message again. */
export const ACK_WAIT_MS = 10_000

/** Milliseconds in which the server recognizes a message that is published twice. */
const DUPLICATE_WINDOW_MS = 120_000

/** Milliseconds that the server has to answer a request to its API. */
const API_TIMEOUT_MS = 3000

/** The API's error code for a stream that is not there. */
export const STREAM_NOT_FOUND = 10059

/** What one queue is called on the server. */
export interface StreamNames {
  readonly stream: string
  readonly subject: string
  readonly consumer: string
}

export const namesFor = (pipeline: string, which: 'in' | 'out'): StreamNames => ({
  stream: `millrace-${pipeline}-${which}`,
  subject: `millrace.${pipeline}.${which}`,
  // A lease over several machines will add its epoch here.
  consumer: `millrace-${pipeline}-${which}`,
})

export interface StreamOptions {
  readonly names: StreamNames
  /** What messages call the server. */
  readonly server: string
  /** Messages that the stream holds at the most. */
  readonly maxMessages: number
}

/** A stream that was made anew. */
export interface OpenedStream {
  readonly jsm: JetStreamManager
  /** Messages of an earlier run that were found, and are gone. */
  readonly discarded: number
}

/**
 * Makes the work-queue stream of one queue, anew if an earlier run left one.
 *
 * It is bounded by `max_msgs` only: with `max_bytes` beside it, servers from 2.9 to 2.10.4 can
 * lose messages that they acknowledged.
 */
export async function openStream(nc: NatsConnection, options: StreamOptions): Promise<OpenedStream> {
  const { names, server, maxMessages } = options
  const jsm = await jetstreamManager(nc, { timeout: API_TIMEOUT_MS }).catch((cause: unknown) => {
    throw new MillraceError(
      'broker_unfit',
      `The NATS server ${server} does not offer JetStream. Start it with -js, or allow JetStream for this account.`,
      { cause },
    )
  })
  try {
    const found = await findStream(jsm, names.stream)
    if (found && found.config.retention !== RetentionPolicy.Workqueue) {
      throw new MillraceError(
        'broker_unfit',
        `The stream ${names.stream} on ${server} is not a work queue. Rename the pipeline, or delete that stream.`,
      )
    }
    if (found) await jsm.streams.delete(names.stream)
    await jsm.streams.add({
      name: names.stream,
      subjects: [names.subject],
      retention: RetentionPolicy.Workqueue,
      storage: StorageType.File,
      discard: DiscardPolicy.New,
      max_msgs: maxMessages,
      duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    })
    return { jsm, discarded: found?.state.messages ?? 0 }
  } catch (error) {
    if (error instanceof MillraceError) throw error
    throw new MillraceError(
      'broker_unfit',
      `The NATS server ${server} does not provide the stream ${names.stream}: ${messageOf(error)}. Check the account's JetStream limits and permissions.`,
      { cause: error },
    )
  }
}

/**
 * Replaces the durable consumer. A new one begins at the first message that nobody acknowledged,
 * in order, so nothing waits for a dead primary's deliveries to run out.
 */
export async function replaceConsumer(
  jsm: JetStreamManager,
  names: StreamNames,
  maxAckPending: number,
): Promise<void> {
  await jsm.consumers.delete(names.stream, names.consumer).catch(ignoreMissing)
  await jsm.consumers.add(names.stream, {
    durable_name: names.consumer,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: nanos(ACK_WAIT_MS),
    max_ack_pending: maxAckPending,
    max_deliver: -1,
  })
}

/** Somebody deleted the stream of a queue that is open. */
export const streamIsGone = (stream: string, cause?: unknown): MillraceError =>
  new MillraceError(
    'broker_unfit',
    `The stream ${stream} was deleted on the NATS server. Start the pipeline again; it resumes from its checkpoint.`,
    { cause },
  )

async function findStream(jsm: JetStreamManager, name: string): Promise<StreamInfo | undefined> {
  return await jsm.streams.info(name).catch(ignoreMissing)
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof JetStreamApiError && error.status === 404) return undefined
  throw error
}
