import { isAscii } from 'node:buffer'
import { TEXT_PIECE } from '../../model/text-piece.js'
import type { Scratch } from '../scratch.js'
import { appendLengths, lengthsIn } from './lengths.js'

/**
 * Strings as a column: all lengths first, then everything in one run.
 *
 * ```
 *  ┌────────────────────┬───────────────────────┐
 *  │ lengths: u32 × n   │ all values, unbroken  │
 *  └────────────────────┴───────────────────────┘
 * ```
 *
 * This makes one long copy of many short ones: strings are written as one UTF-8 text and cut up
 * again by their lengths in UTF-16 units, so nothing is decoded or measured one by one. Halves of a
 * surrogate pair that meet in the text are one character in it, and two units again when it is cut.
 *
 * UTF-8 has no form for half of a surrogate pair, so text that has one is written as UTF-16.
 */
export type TextEncoding = 'utf8' | 'utf16le'

/** The strings as one text, in pieces. */
function joinedText(values: readonly string[]): string[] {
  const pieces: string[] = []
  for (let from = 0; from < values.length; ) {
    let to = from
    for (let units = 0; to < values.length && units < TEXT_PIECE; to++) units += values[to]!.length
    pieces.push((from === 0 && to === values.length ? values : values.slice(from, to)).join(''))
    from = to
  }
  return pieces
}

/** Whether UTF-8 keeps this text. */
const isWellFormed = (text: string): boolean => (text as string & { isWellFormed(): boolean }).isWellFormed()

/** Appends the column, and says how its text is encoded: as UTF-8, wherever that keeps it. */
export function encodeText(values: readonly string[], scratch: Scratch): TextEncoding {
  const begin = scratch.length
  appendLengths(values, scratch)
  const pieces = joinedText(values)
  for (const piece of pieces) {
    if (appendUtf8(piece, scratch)) continue
    scratch.truncate(begin)
    appendLengths(values, scratch)
    for (const each of pieces) append(each, 'utf16le', 2 * each.length, scratch)
    return 'utf16le'
  }
  return 'utf8'
}

/** Says whether UTF-8 could keep the text. */
function appendUtf8(text: string, scratch: Scratch): boolean {
  const bytes = Buffer.byteLength(text)
  // As many bytes as units are ASCII, of which a copy is the fastest encoding.
  if (bytes !== text.length && !isWellFormed(text)) return false
  append(text, bytes === text.length ? 'latin1' : 'utf8', bytes, scratch)
  return true
}

function append(text: string, encoding: TextEncoding | 'latin1', bytes: number, scratch: Scratch): void {
  scratch.advance(scratch.reserve(bytes).write(text, scratch.length, encoding))
}

export function decodeText(bytes: Uint8Array, count: number, encoding: TextEncoding): string[] {
  const { lengths, total, body } = lengthsIn(bytes, count)
  return encoding === 'utf8' && isAscii(body)
    ? cutAscii(body, lengths, total)
    : cut(body.toString(encoding), lengths, total)
}

/** Of ASCII, where a unit is a byte, no more has to be decoded at once than a piece; of other text all is. */
function cutAscii(body: Buffer, lengths: Uint32Array, total: number): string[] {
  if (total !== body.byteLength) throw notMatching()
  const values = new Array<string>(lengths.length)
  for (let from = 0, at = 0; from < lengths.length; ) {
    let to = from
    let units = 0
    for (; to < lengths.length && units < TEXT_PIECE; to++) units += lengths[to]!
    const text = body.toString('latin1', at, at + units)
    for (let start = 0; from < to; from++) {
      const end = start + lengths[from]!
      values[from] = text.slice(start, end)
      start = end
    }
    at += units
  }
  return values
}

function cut(text: string, lengths: Uint32Array, total: number): string[] {
  if (total !== text.length) throw notMatching()
  const values = new Array<string>(lengths.length)
  for (let i = 0, at = 0; i < lengths.length; i++) {
    const end = at + lengths[i]!
    values[i] = text.slice(at, end)
    at = end
  }
  return values
}

const notMatching = () => new RangeError('lengths and text of a batch do not match')
