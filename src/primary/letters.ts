import { decodeBatch, extractRecord } from '../codec/batch.js'
import type { Codec } from '../codec/codec.js'
import { pack } from '../codec/msgpack.js'
import type { Failure, Messages } from '../link/messages.js'
import type { Piece } from '../model/batch.js'
import { idAt } from '../model/ids.js'
import type { Records } from '../model/record.js'
import type { DeadLetter } from './dead-letters.js'

/** The letter for a record whose handler failed for the last time. */
export function letterOfFailure(piece: Piece, attempts: number, failure: Failure, codec: Codec): DeadLetter {
  const { name, message, stack } = failure
  const error = { name, message, ...(stack && { stack }) }
  const records = decodeBatch(piece.batch.payload, piece.batch.width, codec)
  return { ...contentOf(records, piece.skip), stage: 'worker', attempts, at: now(), error }
}

/** The letter for a result that the sink will never take. */
export function letterOfRejection(
  { reason, value }: NonNullable<Messages['confirm']['rejected']>[number],
  codec: Codec,
): DeadLetter {
  const error = { name: 'Reject', message: reason }
  return { ...contentOf(decodeBatch(value, 1, codec), 0), stage: 'sender', attempts: 1, at: now(), error }
}

/** The letter for a record that could not be handed on: it has no value. */
export const letterOfRefusal = ({ id, code, reason }: Messages['refused']): DeadLetter => ({
  id,
  stage: 'writer',
  attempts: 0,
  at: now(),
  error: { name: code, message: reason },
})

/** The same record in a batch of its own, so that the batch it came in can go. */
export function extractPiece(piece: Piece, codec: Codec): Piece {
  const { batch, skip, from } = piece
  const payload = extractRecord(batch.payload, batch.width, skip, codec)
  return { batch: { width: 1, count: 1, payload }, from, to: from + 1, skip: 0 }
}

function contentOf(records: Records, index: number): Pick<DeadLetter, 'id' | 'key' | 'headers' | 'value'> {
  const key = records.keys?.[index]
  const headers = records.headers?.[index]
  const value = records.values[index]
  return {
    id: idAt(records.ids, index),
    ...(key !== undefined && { key }),
    ...(headers && { headers }),
    ...(isPlain(value) ? { value } : { valueMsgpack: Buffer.from(pack(value)).toString('base64') }),
  }
}

/** Whether JSON gives the value back as it was. */
function isPlain(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object') return false
  if (Array.isArray(value)) return value.every(isPlain)
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isPlain)
}

const now = () => new Date().toISOString()
