import { pack, unpack } from '../codec/msgpack.js'

/*
 * One frame on the socketpair between primary and child:
 *
 *  0        4      5         9
 *  ┌────────┬──────┬─────────┬──────────────────────┬─────────┐
 *  │ length │ kind │ header  │ header (MessagePack) │ payload │
 *  │ u32 LE │ u8   │ u32 LE  │                      │ bytes   │
 *  └────────┴──────┴─────────┴──────────────────────┴─────────┘
 *
 * `length` counts everything behind itself. The payload is a batch, or a part of none: it is
 * never looked into here.
 */
const HEAD = 9
const LENGTH = 4

/** A frame above this cannot come from a healthy peer: the largest record and a batch around it stay far below. */
export const LARGEST_FRAME = 2 ** 30

export interface Frame {
  readonly kind: number
  readonly header: unknown
  readonly payload: Uint8Array
}

const noPayload: Uint8Array = new Uint8Array(0)

/** The two buffers to write for a frame; the payload is passed on, not copied. */
export function encodeFrame(kind: number, header: unknown, payload = noPayload): [Uint8Array, Uint8Array] {
  const encoded = pack(header)
  const head = Buffer.allocUnsafe(HEAD + encoded.byteLength)
  const length = HEAD - LENGTH + encoded.byteLength + payload.byteLength
  if (length > LARGEST_FRAME) throw new RangeError(`a frame of ${length} bytes is too large to send`)
  head.writeUInt32LE(length, 0)
  head[4] = kind
  head.writeUInt32LE(encoded.byteLength, 5)
  head.set(encoded, HEAD)
  return [head, payload]
}

/**
 * Cuts a byte stream into frames, whatever the pieces it arrives in.
 *
 * A frame that lies whole in one chunk is a view of it; one that is spread over several is put
 * together once, in a buffer of its own.
 */
export class FrameReader {
  #rest: Uint8Array = noPayload
  #parts: Uint8Array[] = []
  #partsLength = 0
  #wanted = 0

  /** Takes in a chunk and returns the frames that it completes. Throws when the bytes are no frames. */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = []
    let bytes = this.#take(chunk)
    while (bytes) {
      if (bytes.byteLength < HEAD) break
      const total = LENGTH + lengthOf(bytes)
      if (bytes.byteLength < total) {
        this.#wanted = total
        break
      }
      frames.push(frameOf(bytes.subarray(0, total)))
      bytes = bytes.subarray(total)
    }
    if (bytes) this.#rest = bytes
    return frames
  }

  /** The chunk with what was left over in front; undefined while a large frame is still incomplete. */
  #take(chunk: Uint8Array): Uint8Array | undefined {
    if (this.#partsLength === 0 && this.#rest.byteLength === 0) return chunk
    if (this.#partsLength === 0) {
      this.#parts = [this.#rest]
      this.#partsLength = this.#rest.byteLength
      this.#rest = noPayload
    }
    this.#parts.push(chunk)
    this.#partsLength += chunk.byteLength
    if (this.#partsLength < Math.max(this.#wanted, HEAD)) return undefined
    const joined = Buffer.concat(this.#parts, this.#partsLength)
    this.#parts = []
    this.#partsLength = 0
    this.#wanted = 0
    return joined
  }
}

function lengthOf(bytes: Uint8Array): number {
  const length = u32At(bytes, 0)
  if (length < HEAD - LENGTH || length > LARGEST_FRAME) {
    throw new RangeError(`a frame of ${length} bytes: the bytes on this link are not millrace's`)
  }
  return length
}

const u32At = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0

function frameOf(bytes: Uint8Array): Frame {
  const headerLength = u32At(bytes, 5)
  if (HEAD + headerLength > bytes.byteLength) throw new RangeError('a frame is shorter than its header')
  return {
    kind: bytes[4]!,
    header: unpack(bytes.subarray(HEAD, HEAD + headerLength)),
    payload: bytes.subarray(HEAD + headerLength),
  }
}
