import type { Batch } from '../../src/model/batch.js'

/** A batch of so many records, of so many bytes each. */
export const recordsOf = (count: number, bytesEach = 4, fill = 1): Batch => ({
  width: count,
  count,
  payload: new Uint8Array(count * bytesEach).fill(fill),
})

/** A range of bytes of a file that nobody has read: it counts as one record, and is never cut. */
export const byteRange = (bytes: number): Batch => ({ width: bytes, payload: new Uint8Array(16).fill(7) })

/** A batch of results: as many as each of the consecutive records behind it has. */
export function resultsOf(perRecord: readonly number[], bytesEach = 4): Batch {
  const deltas = perRecord.flatMap((results, record) => new Array<number>(results).fill(record))
  return {
    ...recordsOf(deltas.length, bytesEach),
    origins: { from: 0, deltas: Uint32Array.from(deltas) },
  }
}

export const everything = { records: Number.MAX_SAFE_INTEGER, bytes: Number.MAX_SAFE_INTEGER }
