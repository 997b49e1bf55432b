import { encodeRegion } from '../codec/batch.js'
import type { Codec } from '../codec/codec.js'
import { encodeWithin, type Packing } from '../codec/encode-within.js'
import { idAt } from '../model/ids.js'
import type { Payload } from '../model/payload.js'
import { type Refusal, sliceRecords } from '../model/record.js'
import type { SourceRecords, SourceRegion } from '../model/source.js'

/** A part of what a source handed over: a batch that can be sent, or one record that cannot. */
export type Part =
  | { readonly to: number; readonly payload: Payload; readonly bytes: number }
  | { readonly to: number; readonly refused: Refusal & { readonly id: string } }

/** What a source handed over, on its way to the primary. */
export interface Outgoing {
  readonly count: number
  /** Encodes the records `[from, to)`, in as many parts as it takes. Each ends at its `to`. */
  parts(from: number, to: number): Iterable<Part>
}

export function outgoing(read: SourceRecords | SourceRegion, codec: Codec, packing: Packing): Outgoing {
  return 'region' in read ? regionParts(read) : recordParts(read, codec, packing)
}

const recordParts = (read: SourceRecords, codec: Codec, packing: Packing): Outgoing => ({
  count: read.values.length,
  *parts(from, to) {
    const records = sliceRecords(read, from, to)
    for (const part of encodeWithin(records, codec, packing)) {
      const end = from + part.to
      if ('payload' in part) yield { to: end, payload: part.payload, bytes: part.payload.byteLength }
      else {
        const { code, message } = part.refused
        yield { to: end, refused: { id: idAt(records.ids, part.from), code, reason: message } }
      }
    }
  },
})

const regionParts = (read: SourceRegion): Outgoing => ({
  count: read.count,
  *parts(from, to) {
    const region = read.region(from, to)
    yield { to, payload: encodeRegion(region), bytes: region.to - region.from }
  },
})
