const NEWLINE = 0x0a
const SPACE = 0x20
const FIRST_BEYOND_ASCII = 0x80
/** Four newlines, and the two constants of the trick that finds a zero byte in a word. */
const NEWLINES = 0x0a0a0a0a
const LOW_BITS = 0x01010101
const HIGH_BITS = 0x80808080

/** Bytes in a buffer of their own, which can also be looked at as words. */
export class Scannable {
  readonly bytes: Buffer
  readonly words: Int32Array

  /** @param size in bytes, a multiple of four */
  constructor(size: number) {
    const memory = new ArrayBuffer(size)
    this.bytes = Buffer.from(memory)
    this.words = new Int32Array(memory)
  }
}

/** Lines that were counted. */
export interface Scanned {
  readonly lines: number
  /** The byte behind the line end of the last of them; where the scan began, if there is none. */
  readonly end: number
  /** Whether a line may be blank: one begins with white space (not all of which is ASCII), or with its end. */
  readonly mayBeBlank: boolean
}

/**
 * Counts the lines that end in `[from, to)`, up to `limit` of them, and finds where the last one ends.
 *
 * Four bytes are looked at in one step (a byte of `word ^ NEWLINES` is zero where a newline is, and
 * `(x - LOW_BITS) & ~x & HIGH_BITS` is not zero if a byte of `x` is: Hacker's Delight, 6-1), so what
 * this costs is mostly a few nanoseconds for each line.
 */
export function scanLines({ bytes, words }: Scannable, from: number, to: number, limit: number): Scanned {
  let lines = 0
  let end = from
  let mayBeBlank = from < to && mayBeginBlank(bytes[from]!)
  const look = (at: number): boolean => {
    if (bytes[at] !== NEWLINE) return false
    lines++
    end = at + 1
    if (lines >= limit) return true
    if (end < to && mayBeginBlank(bytes[end]!)) mayBeBlank = true
    return false
  }
  let at = from
  while (at < to && at % 4 !== 0) if (look(at++)) return { lines, end, mayBeBlank }
  const lastWord = to >>> 2
  for (let word = at >>> 2; word < lastWord; word++) {
    const x = words[word]! ^ NEWLINES
    if (((x - LOW_BITS) & ~x & HIGH_BITS) === 0) continue
    const first = word << 2
    if (look(first) || look(first + 1) || look(first + 2) || look(first + 3)) {
      return { lines, end, mayBeBlank }
    }
  }
  for (at = Math.max(at, lastWord << 2); at < to; at++) if (look(at)) break
  return { lines, end, mayBeBlank }
}

/** White space, or the first byte of what is not ASCII: a byte order mark and many a space are white space, too. */
const mayBeginBlank = (byte: number): boolean => byte <= SPACE || byte >= FIRST_BEYOND_ASCII
