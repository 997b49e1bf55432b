import { inOneLine } from './dead/text.js'

/** Characters that are shown of a line. */
const LONGEST = 200

/**
 * What a process said last, as far as a person wants to see it: the error that ended it and where that
 * was, or else its last lines.
 *
 * @param most lines
 */
export function lastWordsIn(lines: readonly string[], most: number): readonly string[] {
  const said = lines.map(messageIn).filter((line) => line.trim() !== '' && !/^Node\.js v\d/.test(line))
  return (errorIn(said)?.slice(0, most) ?? said.slice(-most)).map((line) => inOneLine(line, LONGEST))
}

/** The message of an error with its frames, if the lines end with one. */
function errorIn(lines: readonly string[]): readonly string[] | undefined {
  const last = lines.findLastIndex(isFrame)
  if (last < 0) return undefined
  // An error with a code or a cause of its own has these in braces, behind its frames.
  const end = /^\s*\}$/.test(lines.at(-1)!) ? lines.length - 1 : last
  if (end !== lines.length - 1) return undefined
  let first = last
  while (first > 0 && isFrame(lines[first]!)) first--
  return lines.slice(first, last + 1)
}

const isFrame = (line: string): boolean => /^\s+at \S/.test(line)

/** A line of a logger says what it says in one of its fields. */
function messageIn(line: string): string {
  if (!line.startsWith('{"level":')) return line
  try {
    const { msg } = JSON.parse(line) as { readonly msg?: unknown }
    return typeof msg === 'string' ? msg : line
  } catch {
    return line
  }
}
