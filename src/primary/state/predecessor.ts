import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCodeOf } from '../../errors.js'
import { LOCK } from './lock-claim.js'
import { parseHolder } from './lock-holder.js'
import { unwritable } from './state-dir.js'

/** A primary that had a state folder and did not give it back. */
export interface Predecessor {
  /** Null when its lock cannot be read. */
  readonly lastPid: number | null
  /** ISO 8601: when it last touched its lock, which it did every few seconds. */
  readonly seenAt: string
}

/**
 * Whoever has left its lock in a state folder; nobody, if the last one ended by itself. It may be alive:
 * only who then gets the lock knows that it is not.
 *
 * @throws MillraceError `state_unwritable`
 */
export async function predecessorIn(stateDir: string): Promise<Predecessor | undefined> {
  const path = join(stateDir, LOCK)
  try {
    const [text, { mtime }] = await Promise.all([readFile(path, 'utf8'), stat(path)])
    return { lastPid: parseHolder(text)?.pid ?? null, seenAt: mtime.toISOString() }
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined
    throw unwritable(stateDir, error)
  }
}
