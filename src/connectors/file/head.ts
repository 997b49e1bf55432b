import { hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'

/**
 * The first bytes of a file, by which it is known again: a file under the same name that begins
 * otherwise is another file, however long it is. A file that is only appended to keeps its head.
 */
export interface FileHead {
  /** Bytes. */
  readonly length: number
  readonly hash: string
}

/** Bytes that a head has, if the file has as many. */
const HEAD_LENGTH = 1024

/** The head of a file, of this length or of all that the file has. */
export async function headOf(file: Pick<FileHandle, 'read'>, length = HEAD_LENGTH): Promise<FileHead> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0)
  return { length: bytesRead, hash: hash('sha1', buffer.subarray(0, bytesRead), 'base64') }
}

/** Whether the file still begins as it did. */
export async function hasHead(file: Pick<FileHandle, 'read'>, known: FileHead): Promise<boolean> {
  const { length, hash } = await headOf(file, known.length)
  return length === known.length && hash === known.hash
}
