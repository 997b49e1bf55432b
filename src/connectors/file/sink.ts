import { writeSync } from 'node:fs'
import { type FileHandle, open, realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ConnectorRef } from '../../config/connector-ref.js'
import { syncFolder } from '../../config/sync-folder.js'
import { MillraceError, messageOf, systemCodeOf } from '../../errors.js'
import { encodeLines } from '../../lines/encode.js'
import { lineFormatOf } from '../../lines/records.js'
import type { LineSink } from '../../model/line-sink.js'
import type { Rejected, Result, SinkContext } from '../../model/sink.js'
import { endOfLastLine } from './whole-lines.js'
import { type WritableAt, writeAgain, writeAt } from './whole-writes.js'

/** Bytes of the file that hold confirmed results. */
export interface FileState {
  readonly length: number
}

/** What the sink needs of an open file. */
export type SinkFile = Pick<FileHandle, 'read' | 'truncate' | 'datasync' | 'close'> & WritableAt

/** How the sink reaches the disk. */
export interface SinkDisk {
  open(path: string, flags: 'w+' | 'r+'): Promise<SinkFile>
  /** Makes durable which names the folder has. */
  syncFolder(path: string): Promise<void>
}

/**
 * Writes results as lines of one file, which is cut back to what is confirmed whenever it is opened
 * again; or, if what is beyond that will not be delivered again, to its last whole line.
 *
 * @param disk default: the system's
 */
export const fileSink = (ref: ConnectorRef, disk: Partial<SinkDisk> = {}): LineSink<unknown, FileState> =>
  new FileSink(ref, { open: openFile, syncFolder, ...disk })

class FileSink implements LineSink<unknown, FileState> {
  readonly #ref: ConnectorRef
  readonly #disk: SinkDisk
  /** From `open` to `close`. */
  #file: SinkFile | undefined
  /** Bytes of complete deliveries; what stands behind them in the file is the rest of a failed one. */
  #length = 0
  /** Where the file is cut off before the first result is written, or the first sync. */
  #opening = 0
  #beginning: Promise<void> | undefined
  /** A failed delivery left bytes behind `#length` that could not be cut off yet. */
  #torn = false
  /** Bytes that the last sync that worked has covered, or that were there before. */
  #durable = 0
  /** A sync has failed since: the system may hold for written what is not. */
  #doubtful = false
  /** The folder of the file, until the file's name in it is durable. */
  #unsyncedFolder: string | undefined

  constructor(ref: ConnectorRef, disk: SinkDisk) {
    this.#ref = ref
    this.#disk = disk
  }

  async open(state: FileState | undefined, { redelivers }: Pick<SinkContext, 'redelivers'>): Promise<void> {
    const path = this.#ref.target
    const confirmed = state?.length ?? 0
    const size = await sizeOf(path, confirmed)
    // Never beyond a state that there is none of: such a run begins the file anew, as `>` would.
    const end = redelivers || !state ? confirmed : (size ?? 0)
    try {
      // Nothing is cut off yet: a pipeline of which another process cannot begin leaves the file as it was.
      this.#file = await this.#disk.open(path, size === undefined ? 'w+' : 'r+')
      this.#opening = await endOfLastLine(this.#file, confirmed, end)
      this.#length = this.#opening
      // Also of a file that was there: whoever created it may have died before syncing.
      this.#unsyncedFolder = dirname(await realpath(path))
    } catch (error) {
      await this.#file?.close()
      this.#file = undefined
      throw unwritable(path, error)
    }
    this.#durable = confirmed
  }

  async deliver(results: readonly Result[]): Promise<readonly Rejected[]> {
    const { bytes, rejected } = encodeLines(results, lineFormatOf(this.#ref.options))
    await this.deliverLines([bytes])
    return rejected
  }

  async deliverLines(lines: readonly Uint8Array[]): Promise<void> {
    const file = this.#opened()
    let end = this.#length
    try {
      await this.#begin(file)
      if (this.#torn) await this.#cutBack(file)
      this.#torn = true
      for (const bytes of lines) {
        await writeAt(file, bytes, end)
        end += bytes.length
      }
      this.#torn = false
    } catch (error) {
      // When cutting fails too, the next delivery does it first.
      await this.#cutBack(file).catch(() => undefined)
      throw unwritable(this.#ref.target, error)
    }
    this.#length = end
  }

  state(): FileState {
    return { length: this.#length }
  }

  /** Runs beside deliveries: what they write behind the length of now is not a part of it. */
  async sync(): Promise<FileState> {
    const state = this.state()
    const file = this.#opened()
    try {
      await this.#begin(file)
      if (this.#doubtful) await writeAgain(file, this.#durable, state.length)
      await file.datasync()
      this.#doubtful = false
      this.#durable = state.length
    } catch (error) {
      this.#doubtful = true
      throw unwritable(this.#ref.target, error)
    }
    await this.#syncName()
    return state
  }

  async close(): Promise<void> {
    const file = this.#file
    if (!file) return
    try {
      await this.#begin(file)
      if (this.#torn) await this.#cutBack(file)
      await this.sync()
    } finally {
      this.#file = undefined
      await file.close()
    }
  }

  /** Cuts off what the file held beyond what it was opened with; once. */
  #begin(file: SinkFile): Promise<void> {
    this.#beginning ??= file.truncate(this.#opening).catch((error: unknown) => {
      this.#beginning = undefined
      throw error
    })
    return this.#beginning
  }

  async #syncName(): Promise<void> {
    if (!this.#unsyncedFolder) return
    try {
      await this.#disk.syncFolder(this.#unsyncedFolder)
    } catch (error) {
      throw unwritable(this.#ref.target, error)
    }
    this.#unsyncedFolder = undefined
  }

  async #cutBack(file: SinkFile): Promise<void> {
    await file.truncate(this.#length)
    this.#torn = false
  }

  #opened(): SinkFile {
    if (!this.#file) throw new Error(`${this.#ref.url} is not open`)
    return this.#file
  }
}

/**
 * How many bytes are there (undefined: no file), which must be as many as were confirmed. Looks before anything is created
 * or cut: an error leaves the file system as it was.
 */
async function sizeOf(path: string, confirmed: number): Promise<number | undefined> {
  const found = await stat(path).catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOENT') return undefined
    throw unwritable(path, error)
  })
  if (found && !found.isFile()) {
    const fix = found.isDirectory() ? 'Name a file in it.' : 'Use stdout: or null: for anything but a file.'
    const what = found.isDirectory() ? 'a directory' : 'not a regular file'
    throw new MillraceError('sink_unwritable', `Cannot write to ${path}: it is ${what}. ${fix}`)
  }
  if ((found?.size ?? 0) >= confirmed) return found?.size
  const now = found ? `has only ${found.size} bytes now` : 'is gone'
  throw new MillraceError(
    'sink_unwritable',
    `Cannot go on writing to ${path}: ${confirmed} bytes of results were confirmed in it, and it ${now}. Put the file back, or run it once with --fresh, which begins with an empty file.`,
  )
}

function unwritable(path: string, error: unknown): MillraceError {
  return new MillraceError('sink_unwritable', `Cannot write to ${path}: ${reasonOf(path, error)}`, {
    cause: error,
  })
}

function reasonOf(path: string, error: unknown): string {
  switch (systemCodeOf(error)) {
    case 'ENOENT':
      return `the folder ${dirname(path)} does not exist. Create it, or correct the path.`
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `${messageOf(error)}. Give the user that runs millrace the right to write there.`
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk is full. Make room on it; nothing that was confirmed is lost.'
    default:
      return `${messageOf(error)}. Check the path and the disk.`
  }
}

/** A file whose writes are not handed to another thread: they only reach the page cache, and the way there and back would cost three times as much again. */
async function openFile(path: string, flags: 'w+' | 'r+'): Promise<SinkFile> {
  const file = await open(path, flags)
  return {
    read: file.read.bind(file),
    write: async (buffer, offset, length, position) => ({
      bytesWritten: writeSync(file.fd, buffer, offset, length, position),
    }),
    truncate: (length) => file.truncate(length),
    datasync: () => file.datasync(),
    close: () => file.close(),
  }
}
