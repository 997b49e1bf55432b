import { JetStreamApiError, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream'
import { MillraceError, messageOf } from '../../errors.js'
import type { Clock } from '../../model/clock.js'
import { MESSAGE_ID, messageId, numberOfOurs } from './message-id.js'
import { STREAM_NOT_FOUND, type StreamNames, streamIsGone } from './stream.js'

/** Messages that may be on their way to the server at once. */
const LARGEST_WINDOW = 64

/** Milliseconds after which a message without an answer is published again. */
const PUBLISH_TIMEOUT_MS = 3000

/** Milliseconds between attempts while the server cannot store: it is starting, or full and nobody told us of room. */
const RETRY_MS = 500

/** The server's code for "maximum messages exceeded". */
const STREAM_FULL = 10077

/** The server's codes for "wrong last sequence" and "wrong last message id". */
const OUT_OF_STEP: readonly (number | undefined)[] = [10071, 10070]

export interface PublisherOptions {
  readonly js: JetStreamClient
  readonly jsm: JetStreamManager
  readonly names: StreamNames
  /** Names this run in the ids of its messages. */
  readonly run: string
  readonly clock: Clock
  readonly listener: PublisherListener
}

export interface PublisherListener {
  /** The server has stored messages that were pending. */
  stored(): void
  /** The server does not store for now (`reason`), or stores (`undefined`, told each time). */
  refused(reason: string | undefined): void
  failed(error: Error): void
}

/**
 * - `publishing`: messages are on their way, or there are none
 * - `failing`: one was not stored; the answers for those behind it are awaited
 * - `waiting`: until it is worth another try
 * - `aligning`: asking the stream what it has
 */
type State = 'publishing' | 'failing' | 'waiting' | 'aligning' | 'closed'

/**
 * Publishes bodies so that the stream has them in order and without gaps.
 *
 * Each message names the sequence and the message it must follow, so behind one that is not stored
 * all fail too (the sequence alone would let one pass behind a stranger's message). Then everything
 * from the first unstored one is published again, one message first and more with each success. A
 * message that was stored without our hearing of it is recognized by its id.
 */
export class Publisher {
  readonly #options: PublisherOptions
  /** Bodies from the first one not stored; `#bodies[0]` has the number `#stored`. */
  readonly #bodies: Uint8Array[] = []
  #stored = 0
  /** How many of `#bodies` were sent, and how many answers are due. */
  #sent = 0
  #answersDue = 0
  #window = LARGEST_WINDOW
  /** Whether the server said no, so that trying again at once is no use. */
  #refused = false
  /** Counts the alignments; an answer to what was sent before the last one says nothing any more. */
  #round = 0
  /** Sequence of the last message in the stream, as far as we know. It was made empty for this run. */
  #lastSequence = 0
  /** Number of the first message that was sent since the last alignment. */
  #chainFrom = 0
  #state: State = 'publishing'
  #stopWaiting: (() => void) | undefined

  constructor(options: PublisherOptions) {
    this.#options = options
  }

  /** Messages that the server has not confirmed. */
  get pending(): number {
    return this.#bodies.length
  }

  push(body: Uint8Array): void {
    this.#bodies.push(body)
    this.#publishLoop()
  }

  /** A message left the stream: one that is full has room again. */
  roomMade(): void {
    if (this.#state === 'waiting') void this.#align()
  }

  /** What was on its way when the connection broke may be lost, and nobody will answer for it. */
  reconnected(): void {
    if (this.#state !== 'closed' && (this.#sent > 0 || this.#state !== 'publishing')) void this.#align()
  }

  /** A message of ours came back from the stream, so it and all before it are stored. */
  seen(number: number): void {
    if (this.#state !== 'publishing') this.#confirm(number + 1)
  }

  /** Publishes nothing more. What is not stored by now need not be: the next run reads it from the source. */
  close(): void {
    this.#state = 'closed'
    this.#stopWaiting?.()
  }

  #publishLoop(): void {
    while (this.#state === 'publishing' && this.#sent < this.#bodies.length && this.#sent < this.#window) {
      const number = this.#stored + this.#sent
      const follows = this.#lastSequence + this.#sent
      this.#answersDue++
      void this.#publish(this.#bodies[this.#sent++]!, number, follows)
    }
  }

  async #publish(body: Uint8Array, number: number, follows: number): Promise<void> {
    const { js, names, run } = this.#options
    const round = this.#round
    try {
      const ack = await js.publish(names.subject, body, {
        msgID: messageId(run, number),
        expect: {
          lastSequence: follows,
          ...(number > this.#chainFrom && { lastMsgID: messageId(run, number - 1) }),
        },
        timeout: PUBLISH_TIMEOUT_MS,
      })
      if (round !== this.#round) return
      this.#answersDue--
      this.#acknowledged(number, ack.seq)
    } catch (error) {
      if (round !== this.#round) return
      this.#answersDue--
      this.#notStored(error)
    }
  }

  #acknowledged(number: number, sequence: number): void {
    if (number >= this.#stored) this.#lastSequence = Math.max(this.#lastSequence, sequence)
    this.#confirm(number + 1)
    if (this.#state === 'failing') this.#tryAgain()
    if (this.#state !== 'publishing') return
    this.#window = Math.min(LARGEST_WINDOW, this.#window * 2)
    this.#options.listener.refused(undefined)
    this.#publishLoop()
  }

  #notStored(error: unknown): void {
    if (this.#state === 'publishing') this.#state = 'failing'
    const code = error instanceof JetStreamApiError ? error.code : undefined
    // What follows a failed message is out of step, which says nothing about the cause.
    if (code !== undefined && !OUT_OF_STEP.includes(code)) {
      this.#refused = true
      if (code !== STREAM_FULL) {
        this.#options.listener.refused(`the NATS server does not store messages: ${messageOf(error)}`)
      }
    }
    if (this.#state === 'failing') this.#tryAgain()
  }

  #tryAgain(): void {
    if (this.#answersDue > 0) return
    if (this.#refused) this.#wait()
    else void this.#align()
  }

  #wait(): void {
    this.#state = 'waiting'
    this.#stopWaiting = this.#options.clock.after(RETRY_MS, () => void this.#align())
  }

  /** Learns the stream's last sequence, and whether that message is one of ours. */
  async #align(): Promise<void> {
    this.#stopWaiting?.()
    this.#state = 'aligning'
    this.#refused = false
    this.#answersDue = 0
    const round = ++this.#round
    const outdated = () => round !== this.#round || this.#state === 'closed'
    const { jsm, names, run, listener } = this.#options
    try {
      const { state } = await jsm.streams.info(names.stream)
      const last = await jsm.streams.getMessage(names.stream, { seq: state.last_seq }).catch(() => null)
      if (outdated()) return
      if (state.last_seq < this.#lastSequence) {
        listener.failed(
          new MillraceError(
            'broker_unfit',
            `The stream ${names.stream} went back from message ${this.#lastSequence} to ${state.last_seq}: the server lost what it had acknowledged. Start the pipeline again; it resumes from its checkpoint.`,
          ),
        )
        return
      }
      const number = numberOfOurs(run, last?.header.get(MESSAGE_ID))
      if (number !== undefined) this.#confirm(number + 1)
      this.#lastSequence = state.last_seq
      this.#sent = 0
      this.#chainFrom = this.#stored
      this.#window = 1
      this.#state = 'publishing'
      this.#publishLoop()
    } catch (error) {
      if (outdated()) return
      if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) {
        listener.failed(streamIsGone(names.stream, error))
      } else this.#wait()
    }
  }

  /** Forgets the bodies of all messages below `end`: they are stored. */
  #confirm(end: number): void {
    const count = Math.min(end - this.#stored, this.#bodies.length)
    if (count <= 0) return
    this.#bodies.splice(0, count)
    this.#stored += count
    this.#sent = Math.max(0, this.#sent - count)
    this.#options.listener.stored()
  }
}
