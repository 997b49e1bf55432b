import { chmodSync, lstatSync } from 'node:fs'
import process from 'node:process'

/** Whether this is a folder of this user, and no link to one. */
export function isOwnFolder(path: string): boolean {
  const found = lstatSync(path)
  return found.isDirectory() && found.uid === (process.getuid?.() ?? found.uid)
}

/** Set on folders that are for everybody, such as `/tmp`. */
const sticky = 0o1000

/**
 * Takes everybody else's access to a folder away.
 *
 * @returns false, having changed nothing, when the folder is another user's or for everybody
 */
export function makePrivate(folder: string): boolean {
  const { mode } = lstatSync(folder)
  if (!isOwnFolder(folder) || (mode & sticky) !== 0) return false
  if ((mode & 0o077) !== 0) chmodSync(folder, 0o700)
  return true
}
