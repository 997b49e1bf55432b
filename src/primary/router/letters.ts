import { decodeBatch } from '../../codec/batch.js'
import type { Codec } from '../../codec/codec.js'
import { pack } from '../../codec/msgpack.js'
import type { Failure, Messages } from '../../link/messages.js'
import { idAt } from '../../model/ids.js'
import type { Records } from '../../model/record.js'
import type { DeadLetter } from './dead-letters.js'
import type { Casualty } from './suspects.js'

/** The letter for a record (as a batch of one) whose handler failed for the last time. */
export function letterOfFailure(record: Records, attempts: number, failure: Failure): DeadLetter {
  const { name, message, stack } = failure
  const error = { name, message, ...(stack && { stack }) }
  return { ...contentOf(record), stage: 'worker', attempts, at: now(), error }
}

/** The letter for a record (as a batch of one) that took along as many workers as it may. */
export function letterOfDeaths(record: Records, attempts: number, deaths: readonly Casualty[]): DeadLetter {
  const { name, how, trace } = deaths.at(-1)!
  const along = deaths.map(({ process }) => process).join(', ')
  const message = deaths.length === 1 ? how : `${how}; it has taken ${deaths.length} workers along: ${along}`
  const error = { name, message, ...(trace && { stack: trace }) }
  return { ...contentOf(record), stage: 'worker', attempts, at: now(), error }
}

/** The letter for a result that the sink will never take. */
export function letterOfRejection(
  { reason, value }: NonNullable<Messages['confirm']['rejected']>[number],
  codec: Codec,
): DeadLetter {
  const error = { name: 'Reject', message: reason }
  return { ...contentOf(decodeBatch(value, 1, codec)), stage: 'sender', attempts: 1, at: now(), error }
}

/** The letter for a record that could not be handed on: it has no value. */
export const letterOfRefusal = ({ id, code, reason }: Messages['refused']): DeadLetter => ({
  id,
  stage: 'writer',
  attempts: 0,
  at: now(),
  error: { name: code, message: reason },
})

function contentOf(record: Records): Pick<DeadLetter, 'id' | 'key' | 'headers' | 'value'> {
  const key = record.keys?.[0]
  const headers = record.headers?.[0]
  const value = record.values[0]
  return {
    id: idAt(record.ids, 0),
    ...(key !== undefined && { key }),
    ...(headers && { headers }),
    ...(isPlain(value) ? { value } : { valueMsgpack: Buffer.from(pack(value)).toString('base64') }),
  }
}

/** Whether JSON gives the value back as it was. */
function isPlain(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  if (typeof value !== 'object') return false
  if (Array.isArray(value)) return value.every(isPlain)
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isPlain)
}

const now = () => new Date().toISOString()
