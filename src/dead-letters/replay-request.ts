import { open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolders } from '../config/make-folders.js'
import { MillraceError, systemCodeOf } from '../errors.js'
import { syncFolder } from './sync-folder.js'

/** Where `millrace dead replay` notes, while the pipeline does not run, what its next start handles again. */
const fileIn = (stateDir: string) => join(stateDir, 'replay.json')

/**
 * The ids of the letters that are to be handled again. Empty when nothing was asked for.
 *
 * @throws MillraceError `replay_damaged`
 */
export async function readReplayRequest(stateDir: string): Promise<readonly string[]> {
  const path = fileIn(stateDir)
  try {
    const { ids }: { ids?: unknown } = JSON.parse(await readFile(path, 'utf8'))
    if (Array.isArray(ids) && ids.every((id) => typeof id === 'string')) return ids
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOENT') return []
    if (!(thrown instanceof SyntaxError) && !(thrown instanceof TypeError)) throw thrown
  }
  const fix = 'remove it, and ask again with `millrace dead replay`'
  throw new MillraceError('replay_damaged', `${path} is not what millrace wrote there; ${fix}`)
}

/** Adds to them, durably. */
export async function addToReplayRequest(stateDir: string, ids: readonly string[]): Promise<void> {
  const all = [...new Set([...(await readReplayRequest(stateDir)), ...ids])]
  const path = fileIn(stateDir)
  makeFolders(stateDir, 0o700)
  const draft = await open(`${path}.new`, 'w', 0o600)
  try {
    await draft.writeFile(`${JSON.stringify({ ids: all })}\n`)
    await draft.datasync()
  } finally {
    await draft.close()
  }
  await rename(`${path}.new`, path)
  await syncFolder(stateDir)
}

/** Removes the request, once a running pipeline has taken it over. */
export const clearReplayRequest = (stateDir: string): Promise<void> => rm(fileIn(stateDir), { force: true })
