/*
 * One message between the primary of a pipeline and an outpost:
 *
 *  0      1         5          11
 *  ┌──────┬─────────┬──────────┬──────┐
 *  │ kind │ channel │ number   │ body │
 *  │ u8   │ u32 LE  │ u48 LE   │      │
 *  └──────┴─────────┴──────────┴──────┘
 *
 * Channel 0 is for what the two say to each other, every other for one process of the outpost. The
 * packets of a channel are numbered from 0, each way.
 */
const HEAD = 11

/** What a packet carries; of a stream of bytes, a packet without any is the end. */
const kinds = ['note', 'life', 'told', 'link', 'stdout', 'stderr'] as const

/**
 * - `note`: JSON, between primary and outpost
 * - `life`: JSON, about a process: it runs, it is to be killed, it has ended
 * - `told`: JSON, what goes over a process's control channel
 * - `link`, `stdout`, `stderr`: bytes as they come
 */
export type PacketKind = (typeof kinds)[number]

/** The channel of what primary and outpost say to each other. */
export const OWN_CHANNEL = 0

export interface Packet {
  readonly kind: PacketKind
  readonly channel: number
  readonly number: number
  readonly body: Uint8Array
}

/** Bytes of a body that fits into a message of so many. */
export const roomIn = (largest: number): number => largest - HEAD

export function encodePacket({ kind, channel, number, body }: Packet): Uint8Array {
  const packet = Buffer.allocUnsafe(HEAD + body.byteLength)
  packet[0] = kinds.indexOf(kind)
  packet.writeUInt32LE(channel, 1)
  packet.writeUIntLE(number, 5, 6)
  packet.set(body, HEAD)
  return packet
}

/** Undefined for bytes that are no packet. The body is a view of them. */
export function decodePacket(bytes: Uint8Array): Packet | undefined {
  if (bytes.byteLength < HEAD) return undefined
  const packet = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const kind = kinds[packet[0]!]
  if (!kind) return undefined
  return {
    kind,
    channel: packet.readUInt32LE(1),
    number: packet.readUIntLE(5, 6),
    body: packet.subarray(HEAD),
  }
}
