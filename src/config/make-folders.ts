import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { systemCodeOf } from '../errors.js'

/**
 * Makes a folder and those above it that are not there, one by one: where the system lets nobody make
 * any, as in `/proc`, Node's own way (`recursive`) tries for ever.
 *
 * @param mode of each that is made
 * @returns the first that was made, if one was
 */
export function makeFolders(folder: string, mode = 0o777): string | undefined {
  if (isFolder(folder)) return undefined
  const above = dirname(folder)
  // What stands above and is no folder, the system names best.
  const first = statSync(above, { throwIfNoEntry: false }) ? undefined : makeFolders(above, mode)
  try {
    mkdirSync(folder, { mode })
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (systemCodeOf(error) !== 'EEXIST' || !isFolder(folder)) throw error
    return first
  }
  return first ?? folder
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
