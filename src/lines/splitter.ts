import { isAscii } from 'node:buffer'
import { TEXT_PIECE } from '../model/text-piece.js'

/** Lines that stand one behind the other, without their line ends. */
export interface LineRun {
  readonly lines: readonly string[]
  /** The byte at which each line begins. */
  readonly starts: readonly number[]
  /** The byte behind the last line and its line end. */
  readonly end: number
}

/** A line above the limit; its text was not kept. */
export interface LongLine {
  readonly start: number
  /** Bytes between its line ends. */
  readonly size: number
  readonly end: number
}

export type SplitLines = LineRun | LongLine

const NEWLINE = 0x0a
const RETURN = 0x0d
const BYTE_ORDER_MARK = 0xfeff

/** A buffer that a long line made larger than this is let go with its line. */
const KEPT_CAPACITY = 1 << 20

/**
 * Cuts a stream of bytes into lines, and knows the byte at which each begins.
 *
 * A line ends with `\n` or `\r\n`; the last one need not. UTF-8 is decoded a whole run of lines at
 * a time, which costs a fraction of decoding each for itself; a newline is never a part of a longer
 * character, so cutting there is safe.
 *
 * ```
 *            ┌──────── one run ────────┐
 *   held:  ab│    chunk:  c\n defg\n hi│j      → 'abc', 'defg', 'hi…' is held for the next chunk
 * ```
 */
export class LineSplitter {
  readonly #longest: number
  /** Byte at which the unfinished line begins. */
  #start: number
  /** The unfinished line is `#buffer[0, #held)`, or, when it is too long to be held, `#skipped` bytes. */
  #buffer = Buffer.alloc(0)
  #held = 0
  #skipped = 0

  /**
   * @param longest bytes that a line may have; a longer one is reported without its text
   * @param from    where in the stream the first pushed byte stands
   */
  constructor(longest: number, from = 0) {
    this.#longest = longest
    this.#start = from
  }

  /** Bytes of the line that has begun and not ended. */
  get unfinished(): number {
    return this.#held + this.#skipped
  }

  /** Takes in the next bytes and returns the lines that end in them. The chunk may be reused afterwards. */
  push(chunk: Buffer): SplitLines[] {
    if (this.#skipped > 0) return this.#skip(chunk)
    const complete = chunk.lastIndexOf(NEWLINE) + 1
    if (complete === 0) {
      this.#hold(chunk)
      return []
    }
    const run = this.#completed(chunk.subarray(0, complete))
    const split = linesOf(run, this.#start, this.#longest)
    this.#begin(this.#start + run.length)
    this.#hold(chunk.subarray(complete))
    return split
  }

  /** The stream has ended: returns the last line, if it had no line end. */
  end(): SplitLines[] {
    const start = this.#start
    const size = this.unfinished
    const end = start + size
    if (size > this.#longest) return [{ start, size, end }]
    const line = withoutMark(this.#buffer.toString('utf8', 0, this.#held), start)
    return line === '' ? [] : [{ lines: [line], starts: [start], end }]
  }

  /** The unfinished line and the bytes that complete it (and more lines), as one piece. */
  #completed(bytes: Buffer): Buffer {
    if (this.#held === 0) return bytes
    this.#append(bytes)
    return this.#buffer.subarray(0, this.#held)
  }

  #begin(start: number): void {
    this.#start = start
    this.#held = 0
    this.#skipped = 0
    if (this.#buffer.length > KEPT_CAPACITY) this.#buffer = Buffer.alloc(0)
  }

  /** Keeps the beginning of a line, as long as it may still be within the limit (and a `\r`). */
  #hold(bytes: Buffer): void {
    if (this.#held + bytes.length <= this.#longest + 1) {
      this.#append(bytes)
      return
    }
    const skipped = this.#held + bytes.length
    this.#begin(this.#start)
    this.#skipped = skipped
  }

  #append(bytes: Buffer): void {
    const needed = this.#held + bytes.length
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.length, 1024))
      this.#buffer.copy(larger, 0, 0, this.#held)
      this.#buffer = larger
    }
    bytes.copy(this.#buffer, this.#held)
    this.#held = needed
  }

  #skip(chunk: Buffer): SplitLines[] {
    const rest = chunk.indexOf(NEWLINE)
    if (rest === -1) {
      this.#skipped += chunk.length
      return []
    }
    const size = this.#skipped + rest
    const long = { start: this.#start, size, end: this.#start + size + 1 }
    this.#begin(long.end)
    return [long, ...this.push(chunk.subarray(rest + 1))]
  }
}

/** The lines of bytes that end with a newline; the first of them begins at `start`. */
function linesOf(bytes: Buffer, start: number, longest: number): SplitLines[] {
  const run = runOf(bytes, start)
  return bytes.length - 1 > longest ? withoutLongLines(run, bytes, longest) : [run]
}

/** The lines of bytes that end with a newline, however long; the first of them begins at `start`. */
export function runOf(bytes: Buffer, start: number): LineRun {
  const lines: string[] = []
  const starts: number[] = []
  for (let from = 0; from < bytes.length; ) {
    const to = endOfPiece(bytes, from)
    addLines(bytes.subarray(from, to), start + from, lines, starts)
    from = to
  }
  lines[0] = withoutMark(lines[0]!, start)
  return { lines, starts, end: start + bytes.length }
}

/** Where whole lines end that are a piece together, or one line that is more. */
function endOfPiece(bytes: Buffer, from: number): number {
  if (bytes.length - from <= TEXT_PIECE) return bytes.length
  const end = bytes.lastIndexOf(NEWLINE, from + TEXT_PIECE - 1) + 1
  return end > from ? end : bytes.indexOf(NEWLINE, from) + 1
}

function addLines(bytes: Buffer, start: number, lines: string[], starts: number[]): void {
  const ascii = isAscii(bytes)
  const text = bytes.toString(ascii ? 'latin1' : 'utf8', 0, bytes.length - 1)
  const returns = text.includes('\r')
  let at = 0
  for (const line of text.split('\n')) {
    starts.push(start + at)
    lines.push(returns && line.endsWith('\r') ? line.slice(0, -1) : line)
    at = ascii ? at + line.length + 1 : bytes.indexOf(NEWLINE, at) + 1
  }
}

/** Cuts a run around the lines above the limit. */
function withoutLongLines({ lines, starts, end }: LineRun, bytes: Buffer, longest: number): SplitLines[] {
  const split: SplitLines[] = []
  const first = starts[0]!
  let from = 0
  const take = (to: number, upTo: number) => {
    if (to > from) split.push({ lines: lines.slice(from, to), starts: starts.slice(from, to), end: upTo })
  }
  for (let i = 0; i < lines.length; i++) {
    const start = starts[i]!
    const next = starts[i + 1] ?? end
    const size = next - 1 - start
    const isLong = size > longest + 1 || (size > longest && bytes[next - 2 - first] !== RETURN)
    if (!isLong) continue
    take(i, start)
    split.push({ start, size, end: next })
    from = i + 1
  }
  take(lines.length, end)
  return split
}

/** A byte order mark means something at the very start of a stream only. */
const withoutMark = (line: string, start: number): string =>
  start === 0 && line.charCodeAt(0) === BYTE_ORDER_MARK ? line.slice(1) : line
