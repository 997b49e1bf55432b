import { access, constants, mkdir, realpath, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makePrivate } from '../config/private-folder.js'
import { MillraceError, messageOf } from '../errors.js'
import type { Summary } from '../model/status.js'

/**
 * Makes the state folder, private to the user. A run that could not keep its state is refused
 * before it reads anything.
 *
 * @throws MillraceError `state_unwritable`
 */
export async function makeStateDir(stateDir: string): Promise<void> {
  let owned: boolean
  try {
    await mkdir(stateDir, { recursive: true, mode: 0o700 })
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
  const path = join(stateDir, 'summary.json')
  try {
    await writeFile(`${path}.new`, `${JSON.stringify(summary, null, 2)}\n`, { mode: 0o600 })
    await rename(`${path}.new`, path)
  } catch (cause) {
    throw unwritable(stateDir, cause)
  }
}

const unwritable = (stateDir: string, cause: unknown) =>
  new MillraceError(
    'state_unwritable',
    `the state folder ${stateDir} cannot be written: ${messageOf(cause)}; give the user that runs millrace access to it, or name another one with \`stateDir\` (--state-dir)`,
    { cause },
  )
