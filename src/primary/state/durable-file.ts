import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from '../../config/sync-folder.js'

/**
 * Writes a file whole or not at all: whoever reads it, now or after a power cut, finds the old text
 * or the new one. When this returns, the new one is on the disk.
 *
 * It is written beside its place first, as `PATH.new`; so one write of a path must end before the
 * next begins. What a crash left there is written over, and what a failure left is removed, since
 * on a full disk it would take the room of the next try.
 *
 * @param mode permissions of the file. Default: the user's own
 * @throws what the system said
 */
export async function writeDurably(path: string, text: string, mode = 0o600): Promise<void> {
  const draft = `${path}.new`
  try {
    await using(await open(draft, 'w', mode), async (file) => {
      await file.writeFile(text)
      await file.sync()
    })
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {})
    throw error
  }
  await syncFolder(dirname(path))
}

/** Removes a file, if there is one. When this returns, no power cut brings it back. */
export async function removeDurably(path: string): Promise<void> {
  await rm(path, { force: true })
  await syncFolder(dirname(path))
}

async function using(file: FileHandle, work: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await work(file)
  } finally {
    await file.close()
  }
}
