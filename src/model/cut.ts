import type { Amount } from './amount.js'
import { bytesOf, cut, type Piece } from './batch.js'
import { cutBetweenRecords } from './origins.js'

/** The longest beginning of `piece` that ends at `place` or earlier, if it can be cut there at all. */
export function cutBefore(piece: Piece, place: number): Piece | undefined {
  const { batch, from, to, skip } = piece
  if (place >= to) return piece
  if (place <= from || batch.count === undefined) return undefined
  if (!batch.origins) return cut(piece, from, place)
  const end = from - skip + cutBetweenRecords(batch.origins, skip, skip + place - from, batch.width)
  return end > place ? undefined : cut(piece, from, end)
}

/** The longest beginning of `piece` within `limit`; one record (with all its results) at the least. */
export function cutToLimit(piece: Piece, limit: Amount): Piece {
  const { batch, from, to, skip } = piece
  if (batch.count === undefined) return piece
  let places = Math.min(to - from, limit.records)
  const bytes = bytesOf(cut(piece, from, from + places))
  if (bytes > limit.bytes) places = Math.max(1, Math.floor((places * limit.bytes) / bytes))
  if (batch.origins) {
    places = cutBetweenRecords(batch.origins, skip, skip + places, batch.width) - skip
  }
  return cut(piece, from, Math.min(to, from + places))
}
