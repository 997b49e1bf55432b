import { type FileHandle, open, stat } from 'node:fs/promises'
import { MillraceError, systemCodeOf } from '../errors.js'
import { beginsLikeOurs, headLength } from './entries.js'

/** "No such file", also where a folder on the way is none: nothing can be there. */
const notThere: readonly (string | undefined)[] = ['ENOENT', 'ENOTDIR']

/**
 * Opens a dead-letter file for reading.
 *
 * @returns undefined when it is not there, or is a device or a pipe: these keep no letters, and
 * opening one could wait for ever
 * @throws MillraceError `not_dead_letters` for a file of something else, which must not be written anew one day
 */
export async function openLetters(path: string): Promise<FileHandle | undefined> {
  let file: FileHandle
  try {
    if (!(await stat(path)).isFile()) return undefined
    file = await open(path, 'r')
  } catch (thrown) {
    if (notThere.includes(systemCodeOf(thrown))) return undefined
    throw thrown
  }
  const { buffer, bytesRead } = await file.read(Buffer.alloc(headLength), 0, headLength, 0)
  if (beginsLikeOurs(buffer.toString('latin1', 0, bytesRead))) return file
  await file.close()
  throw new MillraceError(
    'not_dead_letters',
    `${path} holds something else than dead letters; name another file with \`deadLetter.to\``,
  )
}
