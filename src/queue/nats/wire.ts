import type { Batch, Origins } from '../../model/batch.js'
import { piecesOf } from '../../model/payload.js'

/** A batch with the place that its producer gave it: all that a message says. */
export interface PlacedBatch {
  readonly batch: Batch
  /** The first place of the batch in its queue. */
  readonly place: number
}

/**
 * A batch as the body of one NATS message; numbers are big-endian.
 *
 * ```
 *  byte 0     1      2         3       4       12      20          28          36          44
 *      +-----+-----+---------+-------+-------+-------+-----------+-----------+-----------+------------+---------+
 *      | 'm' | 'r' | version | flags | width | place | [read at] | [count]   | [from]    | [deltas]   | payload |
 *      |  1  |  1  |    1    |   1   |   8   |   8   | 8, flag 8 | 8, flag 1 | 8, flag 2 | 4 × width, |  rest   |
 *      |     |     |         |       |       |       |           |           |           | flag 4     |         |
 *      +-----+-----+---------+-------+-------+-------+-----------+-----------+-----------+------------+---------+
 * ```
 *
 * What is in brackets is there when its flag is set: `read at` (a float, on the clock of the primary
 * that wrote it, which is the one that reads it) where that is known, `count` for records that were
 * read, `from` for a batch of results, `deltas` for results that are not one to one with their records.
 */
const MAGIC = 0x6d72
const VERSION = 5

/** Bytes of what every body begins with, up to and with the place. */
const FIXED_HEADER = 20

const HAS_COUNT = 1
const HAS_ORIGINS = 2
const HAS_DELTAS = 4
const HAS_READ_AT = 8
const ALL_FLAGS = HAS_COUNT | HAS_ORIGINS | HAS_DELTAS | HAS_READ_AT

/** Bytes of a body at the most, beside the payload and the deltas. */
export const LARGEST_HEADER = FIXED_HEADER + 24

/** Bytes that the body for this batch takes. */
export function encodedLength(batch: Batch): number {
  const { readAt, count, origins, payload } = batch
  const optional = [readAt, count, origins].filter((part) => part !== undefined).length
  const deltas = origins?.deltas ? 4 * origins.deltas.length : 0
  return FIXED_HEADER + 8 * optional + deltas + payload.byteLength
}

export function encodeBatch({ batch, place }: PlacedBatch): Uint8Array {
  const { width, readAt, count, origins, payload } = batch
  const body = new Uint8Array(encodedLength(batch))
  const view = new DataView(body.buffer)
  const flags =
    (readAt === undefined ? 0 : HAS_READ_AT) |
    (count === undefined ? 0 : HAS_COUNT) |
    (origins ? HAS_ORIGINS : 0) |
    (origins?.deltas ? HAS_DELTAS : 0)
  view.setUint16(0, MAGIC)
  view.setUint8(2, VERSION)
  view.setUint8(3, flags)
  view.setBigUint64(4, BigInt(width))
  view.setBigUint64(12, BigInt(place))
  let at = FIXED_HEADER
  if (readAt !== undefined) {
    view.setFloat64(at, readAt)
    at += 8
  }
  if (count !== undefined) {
    view.setBigUint64(at, BigInt(count))
    at += 8
  }
  if (origins) {
    view.setBigUint64(at, BigInt(origins.from))
    at += 8
    for (const delta of origins.deltas ?? []) {
      view.setUint32(at, delta)
      at += 4
    }
  }
  for (const piece of piecesOf(payload)) {
    body.set(piece, at)
    at += piece.byteLength
  }
  return body
}

/** Reads a body, or says in one clause why it is none of ours. Nothing is allocated on a claim that its length does not cover. */
export function decodeBatch(body: Uint8Array): PlacedBatch | { readonly unreadable: string } {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  if (body.byteLength < FIXED_HEADER || view.getUint16(0) !== MAGIC) {
    return { unreadable: 'it does not begin like a batch of millrace' }
  }
  if (view.getUint8(2) !== VERSION) {
    return { unreadable: `it has layout version ${view.getUint8(2)}, this millrace reads ${VERSION}` }
  }
  const flags = view.getUint8(3)
  const countAt = FIXED_HEADER + (flags & HAS_READ_AT ? 8 : 0)
  const fixed = countAt + (flags & HAS_COUNT ? 8 : 0) + (flags & HAS_ORIGINS ? 8 : 0)
  if ((flags & ~ALL_FLAGS) !== 0 || (flags & HAS_DELTAS && !(flags & HAS_ORIGINS))) {
    return { unreadable: `its flags ${flags} are not known` }
  }
  if (body.byteLength < fixed) return { unreadable: 'its header is cut short' }
  const width = numberAt(view, 4)
  const place = numberAt(view, 12)
  const readAt = flags & HAS_READ_AT ? view.getFloat64(FIXED_HEADER) : undefined
  const count = flags & HAS_COUNT ? numberAt(view, countAt) : undefined
  if (width === undefined || width < 1) return { unreadable: 'its width is out of range' }
  if (place === undefined || !Number.isSafeInteger(place + width)) {
    return { unreadable: 'its place is out of range' }
  }
  if (readAt !== undefined && !Number.isFinite(readAt)) return { unreadable: 'its time is out of range' }
  if (flags & HAS_COUNT && count !== width) return { unreadable: 'its count is not its width' }
  const deltasLength = flags & HAS_DELTAS ? 4 * width : 0
  if (body.byteLength - fixed < deltasLength) return { unreadable: 'its origins are cut short' }
  const payload = body.subarray(fixed + deltasLength)
  const batch: Batch = {
    ...{ width, payload },
    ...(count !== undefined && { count }),
    ...(readAt !== undefined && { readAt }),
  }
  if (!(flags & HAS_ORIGINS)) return { batch, place }
  const from = numberAt(view, fixed - 8)
  if (from === undefined) return { unreadable: 'its origins are out of range' }
  const origins: Origins = { from, ...(flags & HAS_DELTAS && { deltas: deltasAt(view, fixed, width) }) }
  return { batch: { ...batch, origins }, place }
}

/** An unsigned number of 8 bytes, unless it is too large to be exact. */
function numberAt(view: DataView, at: number): number | undefined {
  const value = Number(view.getBigUint64(at))
  return Number.isSafeInteger(value) ? value : undefined
}

function deltasAt(view: DataView, at: number, width: number): Uint32Array {
  const column = new Uint32Array(width)
  for (let i = 0; i < width; i++) column[i] = view.getUint32(at + 4 * i)
  return column
}
