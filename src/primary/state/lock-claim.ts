import { createHash } from 'node:crypto'

/*
 * How a lock changes hands, in a folder, with nothing but names: a name is made with a file's whole
 * content behind it or not at all, by one process only.
 *
 *   lock                  the lock: what its holder says about itself
 *   lock.after-<hash>     the claim to succeed the file whose content has this hash
 *
 * A free lock is had by making its name. A stale one must not just be removed, because between
 * finding it stale and removing it somebody else may have taken it over, and that one's fresh lock would be
 * removed. So it is succeeded: whoever makes the name `lock.after-<hash of the stale one>` is its only
 * heir, puts its own in the place of the lock, and removes the claim. An heir that dies on the way
 * is succeeded in the same manner, so that no death blocks the folder: the lock, its heir, that
 * one's heir and so on are a chain, and only the end of the chain counts.
 *
 * A claim may come too late: its maker looked, slept, and meanwhile an heir took over and cleaned
 * up. Therefore an heir looks again once its claim is made. It has won only if the chain, from the lock
 * on, now ends with itself: no lock ever comes back, since no two have the same content.
 */

export const LOCK = 'lock'

const CLAIM = `${LOCK}.after-`

/** A lock or a claim as it was found. */
export interface FoundLock {
  readonly text: string
  /** Milliseconds since its owner last touched it. */
  readonly age: number
}

/** A folder with locks in it, as one process that wants to have the lock uses it. */
export interface LockFolder {
  /** The text of this process's own lock, which it would put in. No other has the same. */
  readonly own: string
  read(name: string): Promise<FoundLock | undefined>
  /** Puts its own in under a name; false when something has that name. */
  put(name: string): Promise<boolean>
  /** Puts its own in the place of what has the name. */
  replace(name: string): Promise<void>
  /** Takes its own away from under a name. */
  remove(name: string): Promise<void>
}

/**
 * Tries to get the lock.
 *
 * @param isStale whether the owner of a lock or claim is dead
 * @returns nothing when it was got, else what stands in the way
 */
export async function claimLock(
  folder: LockFolder,
  isStale: (found: FoundLock) => boolean,
): Promise<FoundLock | undefined> {
  // Each further round is one in which somebody else got ahead.
  for (;;) {
    const last = await lastOfChain(folder)
    if (last === undefined) {
      if (await folder.put(LOCK)) return undefined
      continue
    }
    if (!isStale(last)) return last
    const claim = claimTo(last)
    if (!(await folder.put(claim))) continue
    try {
      if ((await lastOfChain(folder))?.text === folder.own) {
        await folder.replace(LOCK)
        return undefined
      }
    } finally {
      // Also when the disk fails: a claim whose maker lives blocks everybody.
      await folder.remove(claim)
    }
  }
}

/** Whether a name in the folder is one that a claim may have left. */
export const isClaim = (name: string): boolean => name.startsWith(CLAIM)

async function lastOfChain(folder: LockFolder): Promise<FoundLock | undefined> {
  let last = await folder.read(LOCK)
  for (;;) {
    const heir = last && (await folder.read(claimTo(last)))
    if (!heir) return last
    last = heir
  }
}

const claimTo = ({ text }: FoundLock) =>
  `${CLAIM}${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
