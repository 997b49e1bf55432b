import { type FileHandle, open } from 'node:fs/promises'
import { systemCodeOf } from '../errors.js'

/** A folder that may be written to but not read, and those of some network file systems, which keep names as well as they can anyway. */
const cannotBeSynced = ['EACCES', 'EINVAL', 'ENOTSUP']

/** A name in a folder is durable only once the folder is, and syncing the file does not see to that. */
export async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined
  try {
    handle = await open(folder, 'r')
    await handle.sync()
  } catch (error) {
    if (!cannotBeSynced.includes(systemCodeOf(error) ?? '')) throw error
  } finally {
    await handle?.close()
  }
}
