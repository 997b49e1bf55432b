import type { Duplex, Readable } from 'node:stream'
import type { Payload } from '../model/payload.js'
import { encodeFrame, type Frame, FrameReader, type OpenSlot } from './frame.js'
import { decodeHeader, encodeHeader } from './headers/header.js'
import { type Kind, kindOf, type Message, type Messages, numberOf } from './messages.js'

export interface LinkListener {
  message(message: Message): void
  /** All messages that arrived together have been passed on. */
  heard?(): void
  /** Nothing more will arrive: the other end is closed, or its process is gone. Called once. */
  ended(): void
  /** The bytes make no sense; the link is of no more use. */
  broken(error: Error): void
}

/** The two ways of a link, each over a socketpair of its own; or, to another machine, over what carries its bytes there. */
export interface LinkSockets {
  readonly read: Readable
  readonly write: Duplex
}

export interface LinkOptions {
  /**
   * Whether what is sent in one turn of the event loop leaves together at its end, in one system call.
   * Not for a process that runs a user's code: that may keep the turn for long, or end the process in
   * it, and what was sent before must be out by then. Default: false.
   */
  readonly gathers?: boolean
  /** Turns the address of a payload in shared memory into the payload. Default: there is no such memory. */
  readonly openSlot?: OpenSlot | undefined
}

/**
 * The data link between the primary and one child: typed messages, each way over its own
 * socketpair. On a single one, a write to a dead peer would throw away what the peer had sent
 * before it died and nobody had read yet.
 *
 * Nothing is queued here by design: what may be sent is bounded by credit, so the socket's own
 * buffer holds at most what the other end is ready for.
 */
export class Link {
  readonly #socket: Duplex
  readonly #gathers: boolean
  #gathering = false

  constructor({ read: source, write }: LinkSockets, listener: LinkListener, options: LinkOptions = {}) {
    this.#socket = write
    this.#gathers = options.gathers ?? false
    const reader = new FrameReader(options.openSlot)
    source.on('data', (chunk: Buffer) => {
      const messages = read(chunk)
      for (const message of messages) listener.message(message)
      if (messages.length > 0) listener.heard?.()
    })
    const read = (chunk: Buffer): Message[] => {
      try {
        return reader.push(chunk).map(messageOf)
      } catch (error) {
        source.destroy()
        listener.broken(error as Error)
        return []
      }
    }
    // A dead peer shows as ECONNRESET or EPIPE here; its exit tells the rest.
    source.on('error', () => {})
    write.on('error', () => {})
    source.once('close', () => listener.ended())
    source.once('end', () => source.destroy())
    // Nothing comes this way; only reading notices that the other end is gone.
    write.resume()
  }

  send<K extends Kind>(kind: K, body: Messages[K], payload?: Payload): void {
    if (this.#socket.destroyed) return
    this.#gather()
    const buffers = encodeFrame(numberOf(kind), encodeHeader(kind, body), payload)
    if (buffers.length > 1) this.#socket.cork()
    for (const buffer of buffers) this.#socket.write(buffer)
    if (buffers.length > 1) this.#socket.uncork()
  }

  /** Holds what is written from here on, until this turn is over. */
  #gather(): void {
    if (!this.#gathers || this.#gathering) return
    this.#gathering = true
    this.#socket.cork()
    process.nextTick(() => {
      this.#gathering = false
      this.#socket.uncork()
    })
  }

  /** Resolves when everything sent so far has left this process. */
  flushed(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.writableLength === 0 || this.#socket.destroyed) resolve()
      else this.#socket.write('', () => resolve())
    })
  }
}

function messageOf({ kind: number, header, payload }: Frame): Message {
  const kind = kindOf(number)
  return { kind, body: decodeHeader(kind, header), payload } as Message
}
