import type { FileHandle } from 'node:fs/promises'

/** Bytes that are written again at once. */
const CHUNK = 1024 * 1024

/** What can be written to at any place; it may take less than it is given. */
export interface WritableAt {
  write(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>
}

/** Writes all of it: the system may take less than it is given. */
export async function writeAt(file: WritableAt, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}

/**
 * Writes what stands at `[from, to)` once more, unchanged, so that the next sync has to bring it to
 * the disk. Rejects if it does not stand there any more.
 *
 * When a sync fails, Linux takes what it could not write for written: the next sync would report
 * success and have done nothing (PostgreSQL met this as "fsyncgate" in 2018). What was to be written
 * is still in the page cache of most file systems.
 */
export async function writeAgain(
  file: Pick<FileHandle, 'read'> & WritableAt,
  from: number,
  to: number,
): Promise<void> {
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK, to - from))
  for (let at = from; at < to; ) {
    const { bytesRead } = await file.read(chunk, 0, Math.min(chunk.length, to - at), at)
    if (bytesRead === 0) throw new Error(`it ends at byte ${at}, and results up to ${to} were written to it`)
    await writeAt(file, chunk.subarray(0, bytesRead), at)
    at += bytesRead
  }
}
