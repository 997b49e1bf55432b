const NEWLINE = 0x0a
const SPACE = 0x20
const FIRST_BEYOND_ASCII = 0x80

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
 * `indexOf` looks at 32 bytes or more at once, which is worth a call for each line, of some 20 ns. For
 * the lines of a log a loop over words took four times as long, and WebAssembly no less than that; it
 * is only for lines of a few bytes that they are faster.
 */
export function scanLines(bytes: Buffer, from: number, to: number, limit: number): Scanned {
  let lines = 0
  let end = from
  let mayBeBlank = from < to && mayBeginBlank(bytes[from]!)
  const seen = to === bytes.length ? bytes : bytes.subarray(0, to)
  for (let at = seen.indexOf(NEWLINE, from); at >= 0; at = seen.indexOf(NEWLINE, end)) {
    lines++
    end = at + 1
    if (lines >= limit || end === to) break
    if (mayBeginBlank(bytes[end]!)) mayBeBlank = true
  }
  return { lines, end, mayBeBlank }
}

/** White space, or the first byte of what is not ASCII: a byte order mark and many a space are white space, too. */
const mayBeginBlank = (byte: number): boolean => byte <= SPACE || byte >= FIRST_BEYOND_ASCII
