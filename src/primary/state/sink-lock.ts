import { createHash } from 'node:crypto'
import { lstat, mkdir, readlink, realpath, rmdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import process from 'node:process'
import type { EndpointRef } from '../../config/config.js'
import { makePrivate } from '../../config/private-folder.js'
import { MillraceError, systemCodeOf } from '../../errors.js'
import { acquireLock, type Guarded, type Lock, type LockParts } from './lock.js'

/** Tries to make a folder that others, who are done with it, remove. */
const TRIES = 5

/**
 * Makes this process the only one of this user on this machine whose sink writes to a file: two would
 * write over each other's results.
 *
 * Its lock stands among the temporary files of the user, not beside the file, where it would be taken for a result.
 *
 * @returns nothing when results go elsewhere than to a file
 * @throws MillraceError `sink_in_use`; and whatever the system says when no lock can be kept
 */
export async function acquireSinkLock(
  sender: EndpointRef | undefined,
  parts: LockParts,
): Promise<Lock | undefined> {
  if (!sender || !('connector' in sender) || sender.connector.scheme !== 'file') return undefined
  // What cannot be found is the sink's to tell.
  const file = await realFile(sender.connector.target).catch(() => undefined)
  if (file === undefined) return undefined
  const folder = folderOf(file)
  const lock = await lockIn(folder, { ...parts, guarded: sinkFile(file) })
  return {
    release: async () => {
      await lock.release()
      // Refused while others have locks there, or are about to.
      await rmdir(folder)
        .then(() => rmdir(dirname(folder)))
        .catch(() => {})
    },
  }
}

async function lockIn(folder: string, parts: LockParts): Promise<Lock> {
  for (let left = TRIES; ; left--) {
    try {
      await makePrivateFolders(dirname(folder), folder)
      return await acquireLock(folder, parts)
    } catch (error) {
      const cause = error instanceof MillraceError ? error.cause : error
      if (systemCodeOf(cause) !== 'ENOENT' || left === 0) throw error
    }
  }
}

/** The first is where anybody may have made one of that name before. */
async function makePrivateFolders(first: string, second: string): Promise<void> {
  await mkdir(first, { mode: 0o700 }).catch(unlessThere)
  if (!makePrivate(first)) throw new Error(`${first} is not a folder of this user; remove it, or set TMPDIR`)
  await mkdir(second, { mode: 0o700 }).catch(unlessThere)
}

/** The one path of a file, whatever links lead to it and whether or not it is there. Nothing for a pipe, a device or a folder. */
async function realFile(path: string): Promise<string | undefined> {
  try {
    const real = await realpath(path)
    return (await stat(real)).isFile() ? real : undefined
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error
  }
  const link = await lstat(path).catch(() => undefined)
  if (link?.isSymbolicLink()) return realFile(resolve(dirname(path), await readlink(path)))
  return join(await realpath(dirname(path)), basename(path))
}

function folderOf(file: string): string {
  const name = createHash('sha256').update(file).digest('hex').slice(0, 32)
  return join(tmpdir(), `millrace-sinks-${process.getuid?.() ?? 'user'}`, name)
}

const sinkFile = (file: string): Guarded => ({
  code: 'sink_in_use',
  name: `the file ${file}, to which another running pipeline writes its results,`,
  instead: 'a file of its own with `sender` (--to)',
})

function unlessThere(error: unknown): void {
  if (systemCodeOf(error) !== 'EEXIST') throw error
}
