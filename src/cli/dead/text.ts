/**
 * Text of records and errors as a terminal may have it: control characters, which could move its
 * cursor or change its colours, are spelled out.
 */
export const printable = (text: string): string =>
  text.replace(/\p{Cc}/gu, (character) => (character === '\n' ? character : spelled(character)))

/** The same in one line, cut to a number of characters. */
export function inOneLine(text: string, most = Infinity): string {
  const line = text.replaceAll('\n', ' ').replace(/\p{Cc}/gu, spelled)
  return line.length > most ? `${line.slice(0, most - 1)}…` : line
}

const spelled = (character: string) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
