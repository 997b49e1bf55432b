import { MillraceError } from '../errors.js'
import type { Bus } from './bus.js'
import { decodePacket, encodePacket, OWN_CHANNEL, type Packet, type PacketKind, roomIn } from './packet.js'

export interface WireListener {
  /** In the order in which they were sent, and none is missing before it. */
  packet(packet: Packet): void
  /** Some of what was sent on a channel is lost on its way here. Nothing more is heard on it. */
  gap(channel: number): void
  /** What was to be said is longer than a message can be, and was not said: to say it again would not help. */
  tooLong(bytes: number, most: number): void
}

/** How many packets were sent on each channel. */
export type Sent = readonly (readonly [channel: number, packets: number])[]

/** The subjects of the two ways, as this end sees them. */
export interface Ways {
  readonly say: string
  readonly hear: string
}

/** What was sent and heard on a channel so far. */
interface Channel {
  sent: number
  heard: number
  /** Nothing more is heard on it; what is said still counts. */
  broken: boolean
}

/**
 * One end of what a primary and an outpost say to each other. A bus that loses its connection loses
 * what was under way, and tells nobody. So the packets of each channel are numbered: a gap breaks
 * that channel, and with it its process, and no other.
 */
export class Wire {
  readonly #bus: Bus
  readonly #subject: string
  readonly #listener: WireListener
  readonly #channels = new Map<number, Channel>()
  readonly #unsubscribe: () => void
  #closed = false

  constructor(bus: Bus, { say, hear }: Ways, listener: WireListener) {
    this.#bus = bus
    this.#subject = say
    this.#listener = listener
    this.open(OWN_CHANNEL)
    this.#unsubscribe = bus.subscribe(hear, (bytes) => this.#heard(bytes))
  }

  /** Both ends open a channel before anything is sent on it; what comes on any other is thrown away. */
  open(channel: number): void {
    this.#channels.set(channel, { sent: 0, heard: 0, broken: false })
  }

  shut(channel: number): void {
    this.#channels.delete(channel)
  }

  /** Sends bytes, in several packets if they are many; nothing on a channel that is not open. */
  send(kind: PacketKind, channel: number, body: Uint8Array): void {
    const room = roomIn(this.#bus.largest)
    let from = 0
    do {
      this.#sendOne(kind, channel, body.subarray(from, from + room))
      from += room
    } while (from < body.byteLength)
  }

  /** Sends what must arrive in one piece, as JSON. */
  say(kind: PacketKind, channel: number, value: unknown): void {
    const body = Buffer.from(JSON.stringify(value))
    const { largest } = this.#bus
    if (body.byteLength <= roomIn(largest)) this.#sendOne(kind, channel, body)
    else if (this.#channels.has(channel) && !this.#closed) this.#listener.tooLong(body.byteLength, largest)
  }

  /** For the other end to {@link check}. */
  get sent(): Sent {
    return [...this.#channels].map(([channel, { sent }]) => [channel, sent])
  }

  /** What the other end has sent by now should have been heard: the last packets of a channel leave no gap behind them. */
  check(sent: Sent): void {
    for (const [channel, packets] of sent) {
      const open = this.#channels.get(channel)
      if (open && open.heard < packets) this.#break(channel, open)
    }
  }

  close(): void {
    this.#closed = true
    this.#unsubscribe()
  }

  #sendOne(kind: PacketKind, channel: number, body: Uint8Array): void {
    const open = this.#channels.get(channel)
    if (!open || this.#closed) return
    this.#bus.publish(this.#subject, encodePacket({ kind, channel, number: open.sent++, body }))
  }

  #heard(bytes: Uint8Array): void {
    if (this.#closed) return
    const packet = decodePacket(bytes)
    const channel = packet && this.#channels.get(packet.channel)
    if (!channel || channel.broken) return
    if (packet.number > channel.heard) this.#break(packet.channel, channel)
    // One that was heard before is not millrace's.
    if (packet.number !== channel.heard) return
    channel.heard++
    this.#listener.packet(packet)
  }

  #break(number: number, channel: Channel): void {
    if (channel.broken) return
    channel.broken = true
    this.#listener.gap(number)
  }
}

/** Why two machines cannot work with each other over this server. */
export const tooLongError = (what: string, bytes: number, most: number): MillraceError =>
  new MillraceError(
    'broker_unfit',
    `${what} has ${bytes} bytes, and the NATS server takes messages of ${most}. Raise its max_payload.`,
  )
