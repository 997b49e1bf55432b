import { decodeBatch, encodeBatch, openRegion } from '../../codec/batch.js'
import type { Codec } from '../../codec/codec.js'
import { RegionFiles } from '../../codec/region-files.js'
import type { Batch, Piece } from '../../model/batch.js'
import type { Payload } from '../../model/payload.js'
import { type Records, sliceRecords } from '../../model/record.js'

/**
 * Looks into batches for single records, which the primary does only for those that fail.
 *
 * Failing records tend to fail together, so the last batch is kept decoded: one in which every
 * record fails is decoded once, and not once for each.
 */
export class BatchReader {
  readonly #codec: Codec
  readonly #files = new RegionFiles()
  #hasOpened = false
  #last: { readonly batch: Batch; readonly records: Records } | undefined

  constructor(codec: Codec) {
    this.#codec = codec
  }

  /**
   * Records arrive that are only read where they are needed. The file is opened now, while it has its
   * name: a record may fail after it was rotated.
   */
  expect(payload: Payload): void {
    if (this.#hasOpened) return
    this.#hasOpened = true
    openRegion(payload, this.#files)
  }

  close(): void {
    this.#files.close()
  }

  /** The first record of a piece. */
  recordOf({ batch, skip }: Piece): Records {
    return sliceRecords(this.#read(batch), skip, skip + 1)
  }

  /** The first record of a piece in a batch of its own: a copy, so that the batch it came in can go. */
  extract(piece: Piece): Piece {
    const payload = encodeBatch(this.recordOf(piece), this.#codec)
    const { from, batch } = piece
    const { readAt } = batch
    const alone = { width: 1, count: 1, payload, ...(readAt !== undefined && { readAt }) }
    return { batch: alone, from, to: from + 1, skip: 0 }
  }

  #read(batch: Batch): Records {
    if (this.#last?.batch !== batch) {
      this.#last = { batch, records: decodeBatch(batch.payload, batch.width, this.#codec, this.#files) }
    }
    return this.#last.records
  }
}
