import { type ErrorCode, messageOf } from '../errors.js'
import type { NoLine } from '../lines/encode.js'
import type { Failure } from '../link/messages.js'
import { idAt } from '../model/ids.js'
import type { Refusal } from '../model/record.js'
import type { Lend } from './hand.js'

/** Characters of a message or a stack that are kept: enough to find the cause, whatever is thrown. */
const LONGEST_TEXT = 8192

/** What is reported of an attempt that ended with `error`, which may be anything that can be thrown. */
export function failureOf(lend: Lend, index: number, error: unknown, final: boolean): Failure {
  const stack = error instanceof Error && typeof error.stack === 'string' ? error.stack : ''
  return {
    place: lend.from + index,
    id: idAt(lend.records.ids, index),
    name: error instanceof Error ? String(error.name) : typeof error,
    message: messageOf(error).slice(0, LONGEST_TEXT),
    ...(stack && { stack: stack.slice(0, LONGEST_TEXT) }),
    ...(final && { final: true }),
  }
}

/** What is reported of a record that turned out to be none when it was read. */
export const refusalOf = (lend: Lend, index: number, { code, reason }: Refusal): Failure => ({
  place: lend.from + index,
  id: idAt(lend.records.ids, index),
  name: code,
  message: reason,
  final: true,
  refused: true,
})

/** What is reported of a record with a result that cannot be a line. */
export const noLineOf = (lend: Lend, index: number, { reason }: NoLine): Failure => ({
  place: lend.from + index,
  id: idAt(lend.records.ids, index),
  name: 'record_not_encodable' satisfies ErrorCode,
  message: reason.slice(0, LONGEST_TEXT),
  final: true,
})
