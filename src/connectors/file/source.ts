import type { Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import type { ConnectorRef } from '../../config/connector-ref.js'
import { MillraceError, messageOf, systemCodeOf } from '../../errors.js'
import { type LineReading, lineFormatOf, recordsOf } from '../../lines/records.js'
import { LineSplitter } from '../../lines/splitter.js'
import type { Resume, Source, SourceBatch, SourceContext, SourceProgress } from '../../model/source.js'
import { type FileHead, hasHead, headOf } from './head.js'
import { Regions } from './regions.js'

export interface FilePosition {
  /** The byte at which the next line begins. */
  readonly offset: number
  /** Of the file as it was when it was opened. */
  readonly head: FileHead
}

/** What the source needs of an open file. */
export type SourceFile = Pick<FileHandle, 'read' | 'close'>

export type OpenSourceFile = (path: string) => Promise<SourceFile>

/** Bytes that are read at once, which is as far as reading runs ahead of what is wanted. */
const CHUNK = 256 * 1024

/** Reads the lines of one file. Every record is named by the byte at which its line begins. */
export const fileSource = (
  ref: ConnectorRef,
  openFile: OpenSourceFile = open,
): Source<unknown, FilePosition> => new FileSource(ref, openFile)

class FileSource implements Source<unknown, FilePosition> {
  readonly kind = 'positioned'
  readonly #ref: ConnectorRef
  readonly #openFile: OpenSourceFile
  /** From `open` to `close`. */
  #file: SourceFile | undefined
  /** Size in bytes when it was opened; it may grow meanwhile. */
  #size = 0
  #inode = 0
  /** Bytes that were read, counted from the start of the file. */
  #read = 0

  constructor(ref: ConnectorRef, openFile: OpenSourceFile) {
    this.#ref = ref
    this.#openFile = openFile
  }

  async open(
    from: Resume<FilePosition> | undefined,
    context: SourceContext,
  ): Promise<AsyncIterable<SourceBatch<unknown, FilePosition>>> {
    const path = this.#ref.target
    const offset = from?.position.offset ?? 0
    const { size, ino } = await statOf(path)
    this.#size = size
    this.#inode = ino
    if (this.#size < offset) {
      throw changed(
        path,
        `it has ${this.#size} bytes, and ${offset} were read of it, so it was truncated or replaced`,
      )
    }
    const file = await this.#openFile(path).catch((error: unknown) => {
      throw unreadable(path, error)
    })
    this.#file = file
    if (from && !(await hasHead(file, from.position.head))) {
      const { length } = from.position.head
      throw changed(path, `its first ${length} bytes are others now, as when a log is rotated`)
    }
    // Anew, because what was shorter than a head may have grown.
    const head = await headOf(file)
    this.#read = await afterLineEnd(file, offset)
    return this.#batches(file, head, context)
  }

  progress(): SourceProgress {
    return { fraction: this.#size === 0 ? 1 : Math.min(1, this.#read / this.#size) }
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  #batches(
    file: SourceFile,
    head: FileHead,
    context: SourceContext,
  ): AsyncIterable<SourceBatch<unknown, FilePosition>> {
    const reading: LineReading<FilePosition> = {
      format: lineFormatOf(this.#ref.options),
      prefix: `${writtenPath(this.#ref)}@`,
      maxRecord: context.maxRecord,
      wanted: () => context.wanted(),
      positionAt: (offset) => ({ offset, head }),
    }
    if (!context.regions) return this.#records(file, reading, context.signal)
    const { format, prefix } = reading
    const regions = new Regions({
      from: this.#read,
      reading,
      file: { path: this.#ref.target, inode: this.#inode, format, prefix },
      read: async (into, at) => (await this.#readAt(file, into, at)).length,
    })
    return regions.batches()
  }

  async *#records(
    file: SourceFile,
    reading: LineReading<FilePosition>,
    signal: AbortSignal,
  ): AsyncGenerator<SourceBatch<unknown, FilePosition>> {
    const splitter = new LineSplitter(reading.maxRecord, this.#read)
    const chunk = Buffer.allocUnsafe(CHUNK)
    while (!signal.aborted) {
      const bytes = await this.#readAt(file, chunk, this.#read)
      const split = bytes.length > 0 ? splitter.push(bytes) : splitter.end()
      for (const batch of recordsOf(split, reading)) {
        if (signal.aborted) return
        yield batch
      }
      if (bytes.length === 0) return
    }
  }

  async #readAt(file: SourceFile, chunk: Buffer, at: number): Promise<Buffer> {
    const path = this.#ref.target
    const { bytesRead } = await file.read(chunk, 0, chunk.length, at).catch((error: unknown) => {
      throw new MillraceError(
        'source_failed',
        `Reading ${path} failed at byte ${at} (${messageOf(error)}). Check the disk; the next start goes on from the checkpoint.`,
        { cause: error },
      )
    })
    if (bytesRead === 0 && at < this.#size) {
      throw new MillraceError(
        'source_changed',
        `${path} became shorter while it was read: it had ${this.#size} bytes and ends at ${at} or before. Read a file that is only appended to; to read this one from the beginning, run it once with --fresh.`,
      )
    }
    this.#read = at + bytesRead
    return chunk.subarray(0, bytesRead)
  }
}

/** The path as it stands in the connector string: ids keep to it when the file's folder moves. */
function writtenPath({ url }: ConnectorRef): string {
  const options = url.indexOf('?')
  return url.slice(url.indexOf(':') + 1, options === -1 ? undefined : options)
}

const changed = (path: string, how: string): MillraceError =>
  new MillraceError(
    'source_changed',
    `${path} is not the file that was read before: ${how}. Put that file back, or run it once with --fresh to read this one from the beginning.`,
  )

async function statOf(path: string): Promise<Stats> {
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error)
  })
  if (found.isFile()) return found
  const fix = found.isDirectory()
    ? 'it is a directory. Name a file in it.'
    : 'it is not a regular file. Pipe it in and read from stdin: instead.'
  throw new MillraceError('source_missing', `Cannot read ${path}: ${fix}`)
}

function unreadable(path: string, error: unknown): MillraceError {
  const why =
    systemCodeOf(error) === 'ENOENT'
      ? 'there is no such file. Check the path behind file: (relative ones begin at the configuration file, or at the current directory in flags).'
      : `${messageOf(error)}. Give the user that runs millrace the right to read it.`
  return new MillraceError('source_missing', `Cannot read ${path}: ${why}`, { cause: error })
}

/**
 * Where reading goes on behind `offset`.
 *
 * When the last line had no line end yet, and the file has grown by one since, that line end
 * belongs to the line that was read before, and does not stand for an empty line.
 */
async function afterLineEnd(file: SourceFile, offset: number): Promise<number> {
  if (offset === 0) return 0
  const { buffer, bytesRead } = await file.read(Buffer.alloc(3), 0, 3, offset - 1)
  const lineEnd = /^[^\n](\r?\n)/.exec(buffer.toString('latin1', 0, bytesRead))?.[1] ?? ''
  return offset + lineEnd.length
}
