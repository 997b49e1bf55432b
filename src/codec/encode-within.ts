import { MillraceError } from '../errors.js'
import { idAt } from '../model/ids.js'
import { copied, type Keep, type Payload } from '../model/payload.js'
import { type Records, sliceRecords } from '../model/record.js'
import { type Encoding, encodeForNow, NotEncodable } from './batch.js'

export interface SizeLimits {
  /** Bytes that a batch of several records should not exceed. */
  readonly batchBytes: number
  /** Bytes that one record must not exceed. */
  readonly maxRecord: number
  /** Bytes that no batch can exceed, even one that must not be cut. */
  readonly maxBatch: number
  /** Records that a batch should not exceed. */
  readonly batchRecords?: number
}

/** How records are put into batches. */
export interface Packing extends SizeLimits {
  /** Where a batch is put that is encoded. Default: into a buffer of its own. */
  readonly keep?: Keep
}

/** Part of what was to be encoded: either encoded, or one record that cannot be. */
export type Encoded =
  | { readonly from: number; readonly to: number; readonly payload: Payload }
  | { readonly from: number; readonly to: number; readonly refused: MillraceError }

/**
 * Encodes records into as few batches as the limits allow, in order, and sorts out the records
 * that cannot be encoded or are too large. The usual case is one batch and one call of the codec.
 *
 * @param mayCut whether a batch may begin at this index (the results of one record stay together)
 */
export function* encodeWithin(
  records: Records,
  encoding: Encoding,
  packing: Packing,
  mayCut: (index: number) => boolean = () => true,
): Generator<Encoded> {
  const { keep = copied } = packing
  // What is left to do, the next part last. No recursion: thousands of records may be refused, one by one.
  const left: Part[] = [{ from: 0, to: records.values.length }]
  for (let part = left.pop(); part; part = left.pop()) {
    const { from, to, refused } = part
    if (refused) yield { from, to, refused }
    if (refused || from === to) continue
    const most = packing.batchRecords ?? to - from
    const at = to - from > most ? cutNear(from + most, from, to, mayCut) : to
    if (at < to) {
      left.push({ from: at, to }, { from, to: at })
      continue
    }
    const encoded = tryToEncode(sliceRecords(records, from, to), encoding)
    if (encoded instanceof NotEncodable) {
      const bad = from + encoded.index
      left.push({ from: bad + 1, to }, { from: bad, to: bad + 1, refused: encoded }, { from, to: bad })
      continue
    }
    const size = encoded.byteLength
    const middle = size > packing.batchBytes ? cutNear((from + to) >>> 1, from, to, mayCut) : to
    if (middle < to) {
      left.push({ from: middle, to }, { from, to: middle })
      continue
    }
    const limit = to - from === 1 ? packing.maxRecord : packing.maxBatch
    if (size <= limit) yield { from, to, payload: keep(encoded) }
    else yield { from, to, refused: tooLarge(idAt(records.ids, from), size, limit) }
  }
}

interface Part {
  readonly from: number
  readonly to: number
  readonly refused?: MillraceError
}

function tryToEncode(records: Records, encoding: Encoding): Uint8Array | NotEncodable {
  try {
    return encodeForNow(records, encoding)
  } catch (error) {
    if (error instanceof NotEncodable) return error
    throw error
  }
}

/** The index nearest to `wanted`, strictly between the ends, where a cut is allowed; `to` if there is none. */
function cutNear(wanted: number, from: number, to: number, mayCut: (index: number) => boolean): number {
  for (let distance = 0; distance < to - from; distance++) {
    for (const index of [wanted - distance, wanted + distance]) {
      if (index > from && index < to && mayCut(index)) return index
    }
  }
  return to
}

const tooLarge = (id: string, bytes: number, limit: number): MillraceError =>
  new MillraceError(
    'record_too_large',
    `${id} has ${bytes} bytes encoded, more than the ${limit} allowed; raise \`maxRecord\` and \`queueBytes\`, of which it is half at the most (on NATS also the server's max_payload)`,
  )
