import { messageOf } from '../errors.js'
import type { LineFormat } from '../model/region.js'
import type { Rejected, Result } from '../model/sink.js'

/** Results as the bytes of lines, and those that cannot be one. */
export interface EncodedLines {
  readonly bytes: Buffer
  readonly rejected: readonly Rejected[]
}

const LINE_END = Buffer.from('\n')

/**
 * One line for each result: bytes as they are, strings as they are (as JSON with `ndjson`), any
 * other value as JSON.
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
    if (value instanceof Uint8Array) {
      flush()
      parts.push(value, LINE_END)
      continue
    }
    const encoded = typeof value === 'string' && format === 'lines' ? plain(value) : json(value)
    if (typeof encoded === 'string') lines.push(encoded)
    else rejected.push({ index, reason: encoded.reason })
  }
  flush()
  return { bytes: parts.length === 1 ? asBuffer(parts[0]!) : Buffer.concat(parts), rejected }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

type Encoded = string | { readonly reason: string }

const plain = (text: string): Encoded =>
  text.includes('\n')
    ? {
        reason:
          'A string with a line break in it is not one line. Return an object that holds it: objects are written as NDJSON, where line breaks are escaped.',
      }
    : text

function json(value: unknown): Encoded {
  // JSON would make {} of these, and lose what is in them.
  if (value instanceof Map)
    return { reason: 'A Map cannot be written as JSON. Return Object.fromEntries(map).' }
  if (value instanceof Set) return { reason: 'A Set cannot be written as JSON. Return [...set].' }
  try {
    const text: string | undefined = JSON.stringify(value)
    return text ?? { reason: `JSON has no ${typeof value}. Return a string, or a value that JSON can hold.` }
  } catch (error) {
    return {
      reason: `The result cannot be written as JSON (${messageOf(error)}). Return a string, or a value that JSON can hold.`,
    }
  }
}
