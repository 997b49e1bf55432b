import type { Socket } from 'node:net'
import { encodeFrame, type Frame, FrameReader } from './frame.js'
import { type Kind, kindOf, type Message, type Messages, numberOf } from './messages.js'

export interface LinkListener {
  message(message: Message): void
  /** Nothing more will arrive: the other end is closed, or its process is gone. Called once. */
  ended(): void
  /** The bytes make no sense; the link is of no more use. */
  broken(error: Error): void
}

/**
 * The data link between the primary and one child: typed messages over a socketpair.
 *
 * Nothing is queued here by design: what may be sent is bounded by credit, so the socket's own
 * buffer holds at most what the other end is ready for.
 */
export class Link {
  readonly #socket: Socket
  #open = true

  constructor(socket: Socket, listener: LinkListener) {
    this.#socket = socket
    const reader = new FrameReader()
    socket.on('data', (chunk: Buffer) => {
      for (const message of read(chunk)) listener.message(message)
    })
    const read = (chunk: Buffer): Message[] => {
      try {
        return reader.push(chunk).map(messageOf)
      } catch (error) {
        socket.destroy()
        listener.broken(error as Error)
        return []
      }
    }
    // A dead peer shows as ECONNRESET or EPIPE here; its exit tells the rest.
    socket.on('error', () => {})
    socket.once('close', () => {
      this.#open = false
      listener.ended()
    })
    socket.once('end', () => socket.destroy())
  }

  send<K extends Kind>(kind: K, body: Messages[K], payload?: Uint8Array): void {
    if (!this.#open || this.#socket.destroyed) return
    const [head, rest] = encodeFrame(numberOf(kind), body, payload)
    if (rest.byteLength === 0) {
      this.#socket.write(head)
      return
    }
    this.#socket.cork()
    this.#socket.write(head)
    this.#socket.write(rest)
    this.#socket.uncork()
  }

  /** Resolves when everything sent so far has left this process. */
  flushed(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.writableLength === 0 || this.#socket.destroyed) resolve()
      else this.#socket.write('', () => resolve())
    })
  }

  close(): void {
    this.#socket.end()
  }
}

const messageOf = ({ kind, header, payload }: Frame): Message =>
  ({ kind: kindOf(kind), body: header, payload }) as Message
