import type { FileHandle } from 'node:fs/promises'

/** Bytes that are looked through at once. */
const CHUNK = 64 * 1024

const LINE_END = 0x0a

/**
 * Where the last whole line of `[from, to)` ends; `from` if there is none. `from` must be where a
 * line begins. Reads backwards, and no further than the end of that line.
 */
export async function endOfLastLine(
  file: Pick<FileHandle, 'read'>,
  from: number,
  to: number,
): Promise<number> {
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK, to - from))
  for (let end = to; end > from; ) {
    const begin = Math.max(from, end - chunk.length)
    const found = (await readWhole(file, chunk.subarray(0, end - begin), begin)).lastIndexOf(LINE_END)
    if (found >= 0) return begin + found + 1
    end = begin
  }
  return from
}

/** The system may give less than it is asked for; what the file does not have any more is left out. */
async function readWhole(file: Pick<FileHandle, 'read'>, into: Buffer, position: number): Promise<Buffer> {
  let filled = 0
  while (filled < into.length) {
    const { bytesRead } = await file.read(into, filled, into.length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return into.subarray(0, filled)
}
