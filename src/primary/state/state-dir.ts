import { access, constants, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolders } from '../../config/make-folders.js'
import { makePrivate } from '../../config/private-folder.js'
import { MillraceError, messageOf, systemCodeOf } from '../../errors.js'
import type { Summary } from '../../model/status.js'
import { writeDurably } from './durable-file.js'

/**
 * Makes the state folder, private to the user. A run that could not keep its state is refused
 * before it reads anything.
 *
 * @throws MillraceError `state_unwritable`
 */
export async function makeStateDir(stateDir: string): Promise<void> {
  let owned: boolean
  try {
    makeFolders(stateDir, 0o700)
    // The folder may be a link to another disk; it is that one which must be private.
    owned = makePrivate(await realpath(stateDir))
    await access(stateDir, constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw unwritable(stateDir, cause)
  }
  if (owned) return
  throw new MillraceError(
    'state_unwritable',
    `the state folder ${stateDir} is another user's or for everybody, so it cannot be private; name another one with \`stateDir\` (--state-dir), which may be a folder in it`,
  )
}

/**
 * Writes `summary.json`, whole or not at all.
 *
 * @throws MillraceError `state_unwritable`
 */
export async function writeSummary(stateDir: string, summary: Summary): Promise<void> {
  try {
    await writeDurably(join(stateDir, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`)
  } catch (cause) {
    throw unwritable(stateDir, cause)
  }
}

/** What the system said against writing into the state folder, with what would help. */
export function unwritable(stateDir: string, cause: unknown): MillraceError {
  const full = ['ENOSPC', 'EDQUOT'].includes(systemCodeOf(cause) ?? '')
  const fix = full ? 'make room on its disk' : 'give the user that runs millrace access to it'
  return new MillraceError(
    'state_unwritable',
    `the state folder ${stateDir} cannot be written: ${messageOf(cause)}; ${fix}, or name another one with \`stateDir\` (--state-dir)`,
    { cause },
  )
}
