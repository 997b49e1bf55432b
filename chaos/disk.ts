import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf, systemCodeOf } from '../src/errors.js'

/** Bytes of a disk for chaos: more than any scenario puts there, and filled in no time. */
const SIZE = 96 * 2 ** 20

/** A disk in memory, of a certain size, that can be filled. */
export class SmallDisk {
  readonly folder: string
  readonly #filler: string

  /** Throws when this user may not mount. */
  constructor(folder: string) {
    mkdirSync(folder)
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'none', folder], { stdio: 'pipe' })
    this.folder = folder
    this.#filler = join(folder, 'filler')
  }

  /** Takes every byte that is left. */
  fill(): void {
    const file = openSync(this.#filler, 'a')
    try {
      for (const size of [2 ** 20, 4096, 1]) {
        const bytes = Buffer.alloc(size)
        while (wrote(file, bytes));
      }
    } finally {
      closeSync(file)
    }
  }

  free(): void {
    rmSync(this.#filler, { force: true })
  }

  unmount(): void {
    execFileSync('umount', ['--lazy', this.folder], { stdio: 'pipe' })
  }
}

function wrote(file: number, bytes: Buffer): boolean {
  try {
    return writeSync(file, bytes) === bytes.length
  } catch (error) {
    if (systemCodeOf(error) === 'ENOSPC') return false
    throw error
  }
}

/** Why no small disk can be had here; undefined when one can. */
export function whyNoDisk(parent: string): string | undefined {
  const folder = mkdtempSync(join(parent, 'mr-disk-'))
  try {
    new SmallDisk(join(folder, 'disk')).unmount()
    return undefined
  } catch (error) {
    return messageOf(error).trim()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
