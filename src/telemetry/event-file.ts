import { closeSync, constants, fstatSync, openSync, readSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../errors.js'
import type { EventEntry } from '../model/inspection.js'
import type { Logger } from '../model/logger.js'

/** Bytes that one of the two files may have. */
const LARGEST = 4 * 2 ** 20

const NEWLINE = 0x0a

const { O_APPEND, O_CREAT, O_RDWR, O_RDONLY } = constants

export interface EventFileParts {
  readonly folder: string
  readonly log: Pick<Logger, 'info' | 'warn'>
  /** Bytes at which a file is put aside. Default: 4 MiB. */
  readonly largest?: number
}

/**
 * `events.ndjson`: what happened to a pipeline, one JSON object a line, over all its runs. A file that is
 * full becomes `events.1.ndjson`, so there are two at most.
 *
 * An entry is with the operating system before anything else happens, so it outlives the crash of which it
 * tells (a power cut may take the last ones along). Events are rare: the file is opened for each, and
 * nothing is amiss when somebody has moved it away. What cannot be written never stops the pipeline.
 */
export class EventFile {
  readonly #folder: string
  readonly #log: EventFileParts['log']
  readonly #largest: number
  /** Bytes that it had when its last line was known to be whole. */
  #whole: number | undefined
  #isFailing = false

  constructor({ folder, log, largest = LARGEST }: EventFileParts) {
    this.#folder = folder
    this.#log = log
    this.#largest = largest
  }

  append(entry: EventEntry): void {
    try {
      this.#write(`${JSON.stringify(entry)}\n`)
      if (this.#isFailing) this.#log.info('events are kept again')
      this.#isFailing = false
    } catch (error) {
      this.#whole = undefined
      if (this.#isFailing) return
      this.#isFailing = true
      this.#log.warn(
        { err: error },
        `events cannot be kept in ${this.#folder}: ${messageOf(error)}; the pipeline goes on, and each further event is tried`,
      )
    }
  }

  #write(line: string): void {
    const file = openFor(pathIn(this.#folder))
    try {
      const { size } = fstatSync(file)
      if (size > 0 && size + Buffer.byteLength(line) > this.#largest) {
        renameSync(pathIn(this.#folder), pathIn(this.#folder, '.1'))
        this.#whole = undefined
        this.#write(line)
        return
      }
      const torn = size > 0 && size !== this.#whole && !endsWhole(file, size)
      const bytes = Buffer.from(torn ? `\n${line}` : line)
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done)
      this.#whole = size + bytes.length
    } finally {
      closeSync(file)
    }
  }
}

/** What was kept, the oldest first: of both files, or of the last `most` bytes of the newer one. Half lines are left out. */
export function keptEvents(folder: string, most?: number): EventEntry[] {
  const older = most === undefined ? entriesIn(pathIn(folder, '.1'), Infinity) : []
  return [...older, ...entriesIn(pathIn(folder), most ?? Infinity)]
}

/** The file in a folder, or the one that was put aside. */
export const pathIn = (folder: string, aside: '' | '.1' = ''): string => join(folder, `events${aside}.ndjson`)

const openFor = (path: string): number => openSync(path, O_RDWR | O_APPEND | O_CREAT, 0o600)

function endsWhole(file: number, size: number): boolean {
  const last = Buffer.alloc(1)
  readSync(file, last, 0, 1, size - 1)
  return last[0] === NEWLINE
}

function entriesIn(path: string, most: number): EventEntry[] {
  const text = endOf(path, most)
  return text === undefined ? [] : text.split('\n').flatMap(entryIn)
}

function endOf(path: string, most: number): string | undefined {
  let file: number
  try {
    file = openSync(path, O_RDONLY)
  } catch {
    return undefined
  }
  try {
    const { size } = fstatSync(file)
    const bytes = Buffer.alloc(Math.min(size, most))
    const read = readSync(file, bytes, 0, bytes.length, size - bytes.length)
    return bytes.toString('utf8', 0, read)
  } finally {
    closeSync(file)
  }
}

function entryIn(line: string): EventEntry[] {
  try {
    const entry: unknown = JSON.parse(line)
    return isEntry(entry) ? [entry] : []
  } catch {
    return []
  }
}

const isEntry = (entry: unknown): entry is EventEntry =>
  typeof entry === 'object' &&
  entry !== null &&
  'at' in entry &&
  typeof entry.at === 'string' &&
  'text' in entry &&
  typeof entry.text === 'string'
