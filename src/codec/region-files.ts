import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { MillraceError, messageOf } from '../errors.js'
import { recordsIn } from '../lines/region.js'
import type { Records } from '../model/record.js'
import type { Region } from '../model/region.js'

const NEWLINE = 0x0a

/** Bytes of a region whose buffer is worth keeping. */
const LARGEST_KEPT = 2 ** 20

/** The files that regions are read from. Each is opened once, and stays the one that was meant when it loses its name. */
export class RegionFiles {
  readonly #opened = new Map<string, number>()
  /** What was read last; nothing of it is kept, since every line is decoded. */
  #bytes = Buffer.alloc(0)

  /**
   * Reads the records of a region. At once, not in the background: the writer has just been there,
   * so the bytes are in memory, and whoever asks has nothing else to do before it has them.
   *
   * @param count how many the writer counted
   * @throws MillraceError `source_failed`; `source_changed` when there is not what the writer saw
   */
  read(region: Region, count: number): Records {
    const bytes = this.#bytesOf(region)
    if (bytes?.at(-1) === NEWLINE) {
      const records = recordsIn(bytes, region)
      if (records.values.length === count) return records
    }
    const { path, from, to } = region
    throw new MillraceError(
      'source_changed',
      `${path} was changed or replaced while it was read: bytes ${from} to ${to} held ${count} lines, and do not any more. Read a file that is only appended to, and rotate it when it has been read; to read this one from the beginning, run it once with --fresh.`,
    )
  }

  /** Opens the file of a region before anything of it is wanted. What goes wrong is told by {@link read}. */
  open(region: Region): void {
    try {
      this.#fileOf(region)
    } catch {
      // It may have lost its name already.
    }
  }

  close(): void {
    for (const file of this.#opened.values()) closeSync(file)
    this.#opened.clear()
  }

  /** Undefined when the file is another one now, or ends before the region does. */
  #bytesOf(region: Region): Buffer | undefined {
    const { path, from, to } = region
    const bytes = this.#roomFor(to - from)
    try {
      const file = this.#fileOf(region)
      if (file === undefined) return undefined
      for (let read = 0; read < bytes.length; ) {
        const more = readSync(file, bytes, read, bytes.length - read, from + read)
        if (more === 0) return undefined
        read += more
      }
      return bytes
    } catch (cause) {
      throw new MillraceError(
        'source_failed',
        `Reading bytes ${from} to ${to} of ${path} failed (${messageOf(cause)}). Check the disk, and that the file keeps its name while it is read; the next start goes on from the checkpoint.`,
        { cause },
      )
    }
  }

  /** A buffer that is used again and again costs no page of memory that nobody has touched yet. */
  #roomFor(length: number): Buffer {
    if (length > LARGEST_KEPT) return Buffer.allocUnsafe(length)
    if (length > this.#bytes.length) this.#bytes = Buffer.alloc(Math.min(LARGEST_KEPT, 2 * length))
    return this.#bytes.subarray(0, length)
  }

  #fileOf({ path, inode }: Region): number | undefined {
    const name = `${inode} ${path}`
    const opened = this.#opened.get(name)
    if (opened !== undefined) return opened
    const file = openSync(path, 'r')
    if (fstatSync(file).ino !== inode) {
      closeSync(file)
      return undefined
    }
    this.#opened.set(name, file)
    return file
  }
}
