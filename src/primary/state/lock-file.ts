import { type FileHandle, link, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCodeOf } from '../../errors.js'
import { type FoundLock, isClaim, LOCK, type LockFolder } from './lock-claim.js'
import { formatHolder, type LockHolder, SILENCE_MS } from './lock-holder.js'

/** A lock that is prepared and not yet in its place: `lock.draft-<id>`. */
const DRAFT = `${LOCK}.draft-`

interface Names {
  readonly own: string
  readonly folder: string
  readonly draft: string
}

/**
 * The lock of this process as a file, under whichever names it has at the moment.
 *
 * It is written first and gets its names by `link`, which fails when there is such a name: nobody
 * ever reads one that is half written. Its time of modification is that of its owner's last touch,
 * and is compared with times of the same disk only, so that clocks of several hosts may differ.
 */
export class LockFile implements LockFolder {
  readonly own: string
  readonly #folder: string
  readonly #draft: string
  /** Open as long as this lock or the wish for it lasts. */
  readonly #file: FileHandle
  readonly #inode: bigint

  static async create(folder: string, holder: LockHolder): Promise<LockFile> {
    const draft = join(folder, `${DRAFT}${holder.id}`)
    const file = await open(draft, 'wx', 0o600)
    try {
      const text = formatHolder(holder)
      await file.writeFile(text)
      // A lock that a power cut empties would keep the next start waiting.
      await file.sync()
      const { ino } = await file.stat({ bigint: true })
      return new LockFile({ own: text, folder, draft }, file, ino)
    } catch (error) {
      await file.close()
      await rm(draft, { force: true })
      throw error
    }
  }

  private constructor(names: Names, file: FileHandle, inode: bigint) {
    this.own = names.own
    this.#folder = names.folder
    this.#draft = names.draft
    this.#file = file
    this.#inode = inode
  }

  async read(name: string): Promise<FoundLock | undefined> {
    const found = await this.#open(name)
    if (!found) return undefined
    try {
      const text = await found.readFile('utf8')
      const { mtimeMs } = await found.stat()
      return { text, age: (await this.touch()) - mtimeMs }
    } finally {
      await found.close()
    }
  }

  async put(name: string): Promise<boolean> {
    try {
      await link(this.#draft, join(this.#folder, name))
      return true
    } catch (error) {
      if (systemCodeOf(error) === 'EEXIST') return false
      throw error
    }
  }

  async replace(name: string): Promise<void> {
    await rename(this.#draft, join(this.#folder, name))
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.#folder, name), { force: true })
  }

  /**
   * Shows that the owner lives: writes its first byte once more, so that the disk notes its own time.
   *
   * @returns that time, in milliseconds
   */
  async touch(): Promise<number> {
    await this.#file.write(this.own.slice(0, 1), 0)
    return (await this.#file.stat()).mtimeMs
  }

  /** Whether the folder's lock is this one. */
  async isInPlace(): Promise<boolean> {
    const found = await stat(join(this.#folder, LOCK), { bigint: true }).catch((error: unknown) => {
      if (systemCodeOf(error) === 'ENOENT') return undefined
      throw error
    })
    return found?.ino === this.#inode
  }

  /** Removes the draft, and what the dead have left beside the lock. For its holder only. */
  async tidy(): Promise<void> {
    await rm(this.#draft, { force: true })
    const now = await this.touch()
    for (const name of await readdir(this.#folder)) {
      if (!isClaim(name) && !name.startsWith(DRAFT)) continue
      const path = join(this.#folder, name)
      // Young ones belong to somebody who still tries, in vain.
      const found = await stat(path).catch(() => undefined)
      if (found && now - found.mtimeMs > SILENCE_MS) await rm(path, { force: true })
    }
  }

  /** Gives the lock back, if it is still this one, or the wish for it. */
  async close(): Promise<void> {
    try {
      if (await this.isInPlace()) await this.remove(LOCK)
      await rm(this.#draft, { force: true })
    } finally {
      await this.#file.close()
    }
  }

  async #open(name: string): Promise<FileHandle | undefined> {
    try {
      return await open(join(this.#folder, name), 'r')
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT') return undefined
      throw error
    }
  }
}
