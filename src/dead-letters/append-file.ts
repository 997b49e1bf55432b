import { type FileHandle, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeFolders } from '../config/make-folders.js'
import { syncFolder } from './sync-folder.js'

const NEWLINE = 0x0a

/**
 * A file of lines that is only appended to: private to the user, made with the first line, and
 * durable with each. Half a line, left by a crash or a full disk, is never continued.
 */
export class AppendFile {
  readonly path: string
  #file: FileHandle | undefined
  /** The last line may have no end. */
  #torn = false

  constructor(path: string) {
    this.path = path
  }

  /** Whether what was opened is no longer what the path names: somebody moved or removed it. */
  async moved(): Promise<boolean> {
    if (!this.#file) return false
    const [own, named] = await Promise.all([this.#file.stat(), stat(this.path).catch(() => undefined)])
    return named?.ino !== own.ino || named.dev !== own.dev
  }

  /** Resolves when the lines are on disk. */
  async append(lines: string): Promise<void> {
    this.#file ??= await this.#open()
    try {
      await this.#file.appendFile(this.#torn ? `\n${lines}` : lines)
      await this.#file.datasync()
      this.#torn = false
    } catch (thrown) {
      this.#torn = true
      throw thrown
    }
  }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
  }

  async #open(): Promise<FileHandle> {
    const folder = dirname(this.path)
    makeFolders(folder, 0o700)
    const file = await open(this.path, 'a+', 0o600)
    try {
      const found = await file.stat()
      if (found.isFile() && found.size === 0) await syncFolder(folder)
      else if (found.isFile()) this.#torn = await endsTorn(file, found.size)
      return file
    } catch (thrown) {
      await file.close()
      throw thrown
    }
  }
}

/** Whether the last line has no end. */
async function endsTorn(file: FileHandle, size: number): Promise<boolean> {
  const { buffer: last } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return last[0] !== NEWLINE
}
