import { type Payload, Pieces, piecesOf, type SlotAddress, Stored, wholeOf } from '../model/payload.js'

/*
 * One frame on the socketpair between primary and child:
 *
 *  0        4      5         9
 *  ┌────────┬──────┬─────────┬──────────────────────┬─────────┐
 *  │ length │ kind │ header  │ header (headers/)    │ payload │
 *  │ u32 LE │ u8   │ u32 LE  │                      │ bytes   │
 *  └────────┴──────┴─────────┴──────────────────────┴─────────┘
 *
 * `length` counts everything behind itself. The payload is a batch, or a part of none: it is
 * never looked into here. If it stands in shared memory, the highest bit of the kind is set, and in its
 * place is where:
 *
 *  0      4            8        12
 *  ┌──────┬────────────┬────────┐
 *  │ slot │ generation │ length │
 *  │ u32  │ u32 LE     │ u32 LE │
 *  └──────┴────────────┴────────┘
 */
const HEAD = 9
const LENGTH = 4
const STORED = 0x80
const ADDRESS = 12

/** Bytes of a payload that are cheaper to copy than to write on their own. */
const SMALL = 2048

/** A frame above this cannot come from a healthy peer: the largest record and a batch around it stay far below. */
export const LARGEST_FRAME = 2 ** 30

export interface Frame {
  readonly kind: number
  /** Valid for the moment. */
  readonly header: Uint8Array
  readonly payload: Payload
}

/** Turns an address that arrived into a payload. */
export type OpenSlot = (address: SlotAddress) => Payload

const noSlots: OpenSlot = () => {
  throw new RangeError('a frame names a slot, and there is no shared memory')
}

const noPayload: Uint8Array = new Uint8Array(0)

/** The buffers to write for a frame, one after another; a payload that is not small is passed on, not copied. */
export function encodeFrame(kind: number, header: Uint8Array, payload: Payload = noPayload): Uint8Array[] {
  if (payload instanceof Stored) return encodeFrame(kind | STORED, header, encodeAddress(payload.address))
  const length = HEAD - LENGTH + header.byteLength + payload.byteLength
  if (length > LARGEST_FRAME) throw new RangeError(`a frame of ${length} bytes is too large to send`)
  const joins = payload instanceof Uint8Array && payload.byteLength <= SMALL
  const end = HEAD + header.byteLength
  const head = Buffer.allocUnsafe(joins ? end + payload.byteLength : end)
  head.writeUInt32LE(length, 0)
  head[4] = kind
  head.writeUInt32LE(header.byteLength, 5)
  head.set(header, HEAD)
  if (!joins) return [head, ...piecesOf(payload)]
  head.set(payload, end)
  return [head]
}

/**
 * Cuts a byte stream into frames, whatever the pieces it arrives in. A payload is made of views of
 * these, and not put together: whoever looks into it does that.
 */
export class FrameReader {
  /** What has arrived and is not part of a frame yet; of the first, all before `#at` is. */
  readonly #chunks: Uint8Array[] = []
  #at = 0
  #available = 0
  /** Bytes of the next frame, once its head is here. */
  #wanted: number | undefined
  readonly #openSlot: OpenSlot

  constructor(openSlot = noSlots) {
    this.#openSlot = openSlot
  }

  /** Takes in a chunk and returns the frames that it completes. Throws when the bytes are no frames. */
  push(chunk: Uint8Array): Frame[] {
    this.#chunks.push(chunk)
    this.#available += chunk.byteLength
    const frames: Frame[] = []
    for (;;) {
      if (this.#wanted === undefined) {
        if (this.#available < LENGTH) return frames
        this.#wanted = checked(u32At(wholeOf(this.#take(LENGTH)), 0))
      }
      if (this.#available < this.#wanted) return frames
      frames.push(this.#frame(this.#wanted))
      this.#wanted = undefined
    }
  }

  #frame(length: number): Frame {
    const head = wholeOf(this.#take(HEAD - LENGTH))
    const headerLength = u32At(head, 1)
    const payloadLength = length - (HEAD - LENGTH) - headerLength
    if (payloadLength < 0) throw new RangeError('a frame is shorter than its header')
    const header = wholeOf(this.#take(headerLength))
    const payload = this.#take(payloadLength)
    const kind = head[0]!
    if (kind < STORED) return { kind, header, payload }
    return { kind: kind & ~STORED, header, payload: this.#openSlot(addressIn(wholeOf(payload))) }
  }

  /** The next bytes, of which there are enough. */
  #take(length: number): Payload {
    this.#available -= length
    const list: Uint8Array[] = []
    for (let left = length; left > 0; ) {
      const chunk = this.#chunks[0]!
      const end = Math.min(chunk.byteLength, this.#at + left)
      list.push(chunk.subarray(this.#at, end))
      left -= end - this.#at
      this.#at = end
      if (end < chunk.byteLength) break
      this.#chunks.shift()
      this.#at = 0
    }
    return list.length === 1 ? list[0]! : list.length === 0 ? noPayload : new Pieces(list)
  }
}

function checked(length: number): number {
  if (length < HEAD - LENGTH || length > LARGEST_FRAME) {
    throw new RangeError(`a frame of ${length} bytes: the bytes on this link are not millrace's`)
  }
  return length
}

function encodeAddress({ slot, generation, byteLength }: SlotAddress): Uint8Array {
  const bytes = Buffer.allocUnsafe(ADDRESS)
  bytes.writeUInt32LE(slot, 0)
  bytes.writeUInt32LE(generation, 4)
  bytes.writeUInt32LE(byteLength, 8)
  return bytes
}

function addressIn(bytes: Uint8Array): SlotAddress {
  if (bytes.byteLength !== ADDRESS) throw new RangeError('the address of a slot is cut off')
  return { slot: u32At(bytes, 0), generation: u32At(bytes, 4), byteLength: u32At(bytes, 8) }
}

const u32At = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
