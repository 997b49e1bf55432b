import type { ConsumerMessages, JetStreamClient, JetStreamManager, JsMsg } from '@nats-io/jetstream'
import { InvariantError } from '../../flow/invariant.js'
import type { Clock } from '../../model/clock.js'
import { replaceConsumer, type StreamNames, streamIsGone } from './stream.js'

/** Messages asked for in advance. The queue has counted their records as they were offered. */
const PREFETCH = 64

/** Heartbeats of the server that may be missed in a row before the consumer is taken for dead. */
const MISSED_HEARTBEATS = 2

/** Milliseconds between two heartbeats of an idle consumer. */
const HEARTBEAT_MS = 5000

/** Milliseconds before another attempt to replace a consumer. */
const REPLACE_AGAIN_MS = 1000

export interface PullerOptions {
  readonly js: JetStreamClient
  readonly jsm: JetStreamManager
  readonly names: StreamNames
  readonly maxAckPending: number
  readonly clock: Clock
  readonly onMessage: (message: JsMsg) => void
  readonly onFailure: (error: Error) => void
}

/**
 * Pulls messages out of the durable consumer for as long as it is not closed.
 *
 * A consumer that is gone, or silent while the connection stands, is replaced; the server then
 * delivers again what was not acknowledged.
 */
export class Puller {
  readonly #options: PullerOptions
  #messages: ConsumerMessages | undefined
  #closed = false
  #ended: Promise<void> = Promise.resolve()

  constructor(options: PullerOptions) {
    this.#options = options
  }

  /** Replaces the consumer and begins; rejects when that fails the first time. */
  async start(): Promise<void> {
    const first = await this.#consume()
    this.#ended = this.#pullLoop(first)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#messages?.stop()
    await this.#ended
  }

  async #pullLoop(first: ConsumerMessages): Promise<void> {
    for (
      let messages: ConsumerMessages | undefined = first;
      messages;
      messages = await this.#consumeAgain()
    ) {
      void this.#watch(messages)
      try {
        for await (const message of messages) {
          if (this.#closed) break
          this.#options.onMessage(message)
        }
      } catch (error) {
        // The client ends the iterator with whatever took the consumer away; a new one follows.
        if (error instanceof InvariantError) this.#options.onFailure(error)
      }
    }
  }

  async #consume(): Promise<ConsumerMessages> {
    const { js, jsm, names, maxAckPending } = this.#options
    await replaceConsumer(jsm, names, maxAckPending)
    const consumer = await js.consumers.get(names.stream, names.consumer)
    this.#messages = await consumer.consume({
      max_messages: PREFETCH,
      threshold_messages: PREFETCH / 2,
      idle_heartbeat: HEARTBEAT_MS,
    })
    if (this.#closed) this.#messages.stop()
    return this.#messages
  }

  async #consumeAgain(): Promise<ConsumerMessages | undefined> {
    while (!this.#closed) {
      try {
        return await this.#consume()
      } catch {
        await new Promise<void>((resolve) => this.#options.clock.after(REPLACE_AGAIN_MS, resolve))
      }
    }
    return undefined
  }

  /** Ends the iteration when the consumer is of no use any more. */
  async #watch(messages: ConsumerMessages): Promise<void> {
    for await (const status of messages.status()) {
      switch (status.type) {
        case 'heartbeats_missed':
          if (status.count >= MISSED_HEARTBEATS) messages.stop()
          break
        case 'consumer_not_found':
        case 'consumer_deleted':
          messages.stop()
          break
        case 'stream_not_found':
          this.#closed = true
          messages.stop()
          this.#options.onFailure(streamIsGone(this.#options.names.stream))
          break
      }
    }
  }
}
