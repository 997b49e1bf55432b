import { messageOf } from '../errors.js'
import type { LineFormat } from '../model/region.js'
import type { Rejected, Result } from '../model/sink.js'

/** A result as what stands on its line, without the line end: text, or bytes as they are. */
export type Line = string | Uint8Array

/** Says why a result cannot be a line, and what would help. */
export class NoLine {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

/** Results as the bytes of lines, and those that cannot be one. */
export interface EncodedLines {
  readonly bytes: Buffer
  readonly rejected: readonly Rejected[]
}

const LINE_END = Buffer.from('\n')

/**
 * One line for each result: see {@link lineOf}.
 *
 * A result that would not come back as the one line it is gets rejected, never changed.
 */
export function encodeLines(results: readonly Result[], format: LineFormat): EncodedLines {
  const parts: Uint8Array[] = []
  const rejected: Rejected[] = []
  let lines: string[] = []
  const flush = () => {
    if (lines.length > 0) parts.push(Buffer.from(`${lines.join('\n')}\n`))
    lines = []
  }
  for (const [index, { value }] of results.entries()) {
    const line = lineOf(value, format)
    if (typeof line === 'string') lines.push(line)
    else if (line instanceof NoLine) rejected.push({ index, reason: line.reason })
    else {
      flush()
      parts.push(line, LINE_END)
    }
  }
  flush()
  return { bytes: parts.length === 1 ? asBuffer(parts[0]!) : Buffer.concat(parts), rejected }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** What stands on the line of a result: bytes as they are, strings as they are (as JSON with `ndjson`), any other value as JSON. */
export function lineOf(value: unknown, format: LineFormat): Line | NoLine {
  if (typeof value === 'string' && format === 'lines') return plain(value)
  try {
    return value instanceof Uint8Array ? value : json(value)
  } catch (error) {
    return new NoLine(
      `The result cannot be written as JSON (${messageOf(error)}). Return a string, or a value that JSON can hold.`,
    )
  }
}

const plain = (text: string): string | NoLine =>
  text.includes('\n')
    ? new NoLine(
        'A string with a line break in it is not one line. Return an object that holds it: objects are written as NDJSON, where line breaks are escaped.',
      )
    : text

function json(value: unknown): string | NoLine {
  // JSON would make {} of these, and lose what is in them.
  if (value instanceof Map)
    return new NoLine('A Map cannot be written as JSON. Return Object.fromEntries(map).')
  if (value instanceof Set) return new NoLine('A Set cannot be written as JSON. Return [...set].')
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined)
    return new NoLine(`JSON has no ${typeof value}. Return a string, or a value that JSON can hold.`)
  refuseFunctions(value)
  return text
}

/**
 * Throws for a function or a symbol anywhere in a value: JSON leaves these out without a word. To be
 * called for what JSON could write, which refers to itself nowhere.
 */
function refuseFunctions(value: unknown): void {
  if (typeof value === 'function' || typeof value === 'symbol')
    throw new TypeError(`a ${typeof value} cannot be encoded`)
  // What says for itself how it becomes JSON (a date, a buffer, many an instance) may hold what it likes.
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || saysItself(value)) return
  if (Array.isArray(value)) {
    for (const item of value) refuseFunctions(item)
    return
  }
  // Of all ways to look at an object's fields the fastest. It shows inherited ones, too, which JSON does not look at.
  for (const name in value) {
    const field: unknown = value[name as keyof typeof value]
    if (typeof field !== 'string' && Object.hasOwn(value, name)) refuseFunctions(field)
  }
}

const saysItself = (value: { readonly toJSON?: unknown }): boolean => typeof value.toJSON === 'function'
