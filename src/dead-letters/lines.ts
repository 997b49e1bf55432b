import type { FileHandle } from 'node:fs/promises'

/** A line of a file, without its end. */
export interface Line {
  /** Where in the file it begins. */
  readonly from: number
  readonly text: Buffer
}

/** Bytes read at once. */
const CHUNK = 2 ** 20

const NEWLINE = 0x0a

/**
 * Streams the lines of the first `end` bytes of a file, those of one read together. The last line
 * needs no end. Memory is one chunk and the longest line.
 */
export async function* linesOf(file: FileHandle, end: number): AsyncGenerator<readonly Line[]> {
  /** Of a line whose end was not read yet. */
  let begun: Buffer[] = []
  let from = 0
  for (let at = 0; at < end; ) {
    // Not used again: the lines are views into it.
    const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK, end - at))
    const { bytesRead } = await file.read(chunk, 0, chunk.byteLength, at)
    if (bytesRead === 0) break
    const lines: Line[] = []
    let start = 0
    for (let stop = endIn(chunk, 0, bytesRead); stop >= 0; stop = endIn(chunk, start, bytesRead)) {
      const rest = chunk.subarray(start, stop)
      lines.push({ from, text: begun.length === 0 ? rest : Buffer.concat([...begun, rest]) })
      begun = []
      start = stop + 1
      from = at + start
    }
    if (start < bytesRead) begun.push(chunk.subarray(start, bytesRead))
    at += bytesRead
    yield lines
  }
  if (begun.length > 0) yield [{ from, text: Buffer.concat(begun) }]
}

/** Where the next line end is; -1 when there is none. */
function endIn(chunk: Buffer, from: number, to: number): number {
  const found = chunk.indexOf(NEWLINE, from)
  return found < to ? found : -1
}
