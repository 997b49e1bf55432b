/** Lines longer than this are passed on in pieces. */
const LONGEST_LINE = 64 * 2 ** 10

/** Calls `line` with each line of text that comes; the last one need not end. */
export function readLines(stream: NodeJS.ReadableStream, line: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const each of lines) line(each)
    if (rest.length > LONGEST_LINE) {
      line(rest)
      rest = ''
    }
  })
  stream.on('end', () => {
    if (rest) line(rest)
    rest = ''
  })
  stream.on('error', () => {})
}
