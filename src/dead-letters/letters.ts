import { decodeBatch } from '../codec/batch.js'
import type { Codec } from '../codec/codec.js'
import { pack, unpack } from '../codec/msgpack.js'
import type { DeadLetter } from '../model/dead-letter.js'
import { idAt } from '../model/ids.js'
import type { Records } from '../model/record.js'

/** What went wrong in a handler. */
export interface Failure {
  readonly name: string
  readonly message: string
  readonly stack?: string
}

/** A worker's end that a record is to blame for. */
export interface Casualty {
  /** Which worker it was. */
  readonly process: string
  /** What kind of end it was. */
  readonly name: string
  readonly how: string
  /** Where its handler was, or its last words. */
  readonly trace?: string | undefined
}

/** A result that the sink will never take: a batch of one, encoded. */
export interface Rejection {
  readonly reason: string
  readonly value: Uint8Array
}

/** A record that the writer could not hand on. */
export interface Refusal {
  readonly id: string
  readonly code: string
  readonly reason: string
}

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
export function letterOfRejection({ reason, value }: Rejection, codec: Codec): DeadLetter {
  const error = { name: 'Reject', message: reason }
  return { ...contentOf(decodeBatch(value, 1, codec)), stage: 'sender', attempts: 1, at: now(), error }
}

/** The letter for a record that could not be handed on: it has no value. */
export const letterOfRefusal = ({ id, code, reason }: Refusal): DeadLetter => ({
  id,
  stage: 'writer',
  attempts: 0,
  at: now(),
  error: { name: code, message: reason },
})

/** A letter's record again, as a batch of one; undefined for a letter that has no value. */
export function recordsOf(letter: DeadLetter): Records | undefined {
  if (!hasValue(letter)) return undefined
  const { id, key, headers } = letter
  return {
    values: [valueIn(letter)],
    ids: { list: [id] },
    ...(key !== undefined && { keys: [key] }),
    ...(headers && { headers: [headers] }),
  }
}

export const hasValue = (letter: DeadLetter): boolean =>
  'value' in letter || letter.valueMsgpack !== undefined

/** The value of a letter that has one. */
export const valueIn = ({ value, valueMsgpack }: DeadLetter): unknown =>
  valueMsgpack === undefined ? value : unpack(Buffer.from(valueMsgpack, 'base64'))

function contentOf(record: Records): Pick<DeadLetter, 'id' | 'key' | 'headers' | 'value' | 'valueMsgpack'> {
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
