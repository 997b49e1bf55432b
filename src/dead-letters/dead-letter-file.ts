import { MillraceError, messageOf } from '../errors.js'
import type { Clock } from '../model/clock.js'
import type { ChosenLetters, DeadLetter, DeadLetterEvent } from '../model/dead-letter.js'
import { AppendFile } from './append-file.js'
import type { Bounds } from './bounds.js'
import { chooseIds } from './choose.js'
import { goneLine, letterLine } from './entries.js'
import { Keeper } from './keeper.js'
import type { LetterKeeper } from './letter-keeper.js'
import { indexFile, readLetters } from './live-letters.js'

export interface DeadLetterFileParts {
  readonly path: string
  readonly bounds: Bounds
  readonly clock: Clock
  readonly emit: (event: DeadLetterEvent) => void
  /** A write takes more than a second, or is done at last. */
  readonly slow?: (slow: boolean) => void
  /** Milliseconds since 1970, by which letters are dated. Default: the system's. */
  readonly now?: () => number
}

/** Lines on their way to disk. */
interface Job {
  readonly lines: string
  /** What follows once they are there, before anything else is written. */
  written(): void | Promise<void>
  resolve(): void
  reject(error: unknown): void
}

/** Milliseconds after which a write is worth a word. */
const SLOW_MS = 1000

/** Milliseconds between looks at the age of the letters. */
const LOOK_MS = 60_000

/**
 * The dead-letter file as its pipeline writes it. A letter counts as kept when it is on disk;
 * letters that arrive together share one sync. One loop does all writing, one thing after another:
 * while the {@link Keeper} writes the file anew, nothing is appended.
 *
 * A file belongs to one pipeline.
 */
export class DeadLetterFile implements LetterKeeper {
  readonly path: string
  readonly #parts: DeadLetterFileParts
  readonly #now: () => number
  readonly #file: AppendFile
  readonly #keeper: Keeper
  #jobs: Job[] = []
  /** Settles when nothing is left to be written; undefined when nothing is. */
  #loop: Promise<void> | undefined
  #lookDue = false
  #cancelLook: () => void = () => {}
  #kept = 0

  /** Counts the letters of earlier runs, and throws away those past their age. */
  static async open(parts: DeadLetterFileParts): Promise<DeadLetterFile> {
    const file = new DeadLetterFile(parts)
    await file.#keeper.survey()
    file.#lookSoon()
    if (parts.bounds.maxAge !== undefined) file.#lookAgain()
    await file.#loop
    return file
  }

  private constructor(parts: DeadLetterFileParts) {
    const { path, bounds, clock, emit, now = Date.now } = parts
    this.path = path
    this.#parts = parts
    this.#now = now
    this.#file = new AppendFile(path)
    this.#keeper = new Keeper({ path, bounds, clock, emit, now, replaced: () => this.#file.close() })
  }

  get place(): string {
    return this.path
  }

  /** Letters kept by this run. */
  get kept(): number {
    return this.#kept
  }

  /** Letters that are there, of all runs. */
  get count(): number {
    return this.#keeper.count
  }

  /** Resolves when the letter is durable. Rejects with `deadletter_unwritable`. */
  keep(letter: DeadLetter): Promise<void> {
    return this.#write(letterLine(letter), () => {
      this.#kept++
      this.#keeper.kept(letter)
    })
  }

  /** Notes, durably, that letters under replay are there no longer: their records are settled. */
  forget(ids: readonly string[]): Promise<void> {
    return this.#write(this.#gone(ids), () => this.#keeper.forgotten(ids))
  }

  /**
   * Drops letters that somebody chose. Resolves, when that is durable, with how many they were.
   *
   * @throws MillraceError `unknown_target` for an id that has no letter; then none is dropped
   */
  async drop(chosen: ChosenLetters): Promise<number> {
    const ids = chooseIds(await indexFile(this.path), chosen, this.path)
    // Others may have dropped the same meanwhile, so what is left is counted anew.
    await this.#write(this.#gone(ids), () => this.#keeper.survey())
    return ids.length
  }

  /** Streams the letters that are there, or those of them with these ids. See {@link readLetters}. */
  letters(wanted?: ReadonlySet<string>): AsyncGenerator<DeadLetter> {
    return readLetters(this.path, wanted)
  }

  /**
   * Marks letters as under replay, until each is forgotten or kept anew.
   *
   * @returns the ids of those that were not yet
   */
  beginReplay(ids: readonly string[]): ReadonlySet<string> {
    return this.#keeper.beginReplay(ids)
  }

  /** Takes that back for letters whose replay did not come about. */
  cancelReplay(ids: Iterable<string>): void {
    this.#keeper.cancelReplay(ids)
  }

  /** Resolves when everything handed over before is durable; rejects when some of it cannot be. */
  settled(): Promise<void> {
    return this.#loop ? this.#write('', () => {}) : Promise.resolve()
  }

  /** Writes what is left to be written, and ends. */
  async close(): Promise<void> {
    this.#cancelLook()
    await this.#loop
    await this.#file.close()
  }

  #gone(ids: readonly string[]): string {
    return ids.length === 0 ? '' : goneLine(ids, new Date(this.#now()))
  }

  #write(lines: string, written: Job['written']): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#jobs.push({ lines, written, resolve, reject })
      this.#loop ??= this.#writeLoop()
    })
  }

  #lookAgain(): void {
    this.#cancelLook = this.#parts.clock.after(LOOK_MS, () => {
      this.#lookSoon()
      this.#lookAgain()
    })
  }

  #lookSoon(): void {
    this.#lookDue = true
    this.#loop ??= this.#writeLoop()
  }

  async #writeLoop(): Promise<void> {
    while (this.#jobs.length > 0 || this.#lookDue) {
      const jobs = this.#jobs.splice(0)
      if (jobs.length > 0) await this.#writeAll(jobs)
      const lookDue = this.#lookDue
      this.#lookDue = false
      await this.#keeper.keepWithin(lookDue)
    }
    this.#loop = undefined
  }

  async #writeAll(jobs: readonly Job[]): Promise<void> {
    const { slow = () => {}, clock } = this.#parts
    const lines = jobs.map((job) => job.lines).join('')
    const cancel = clock.after(SLOW_MS, () => slow(true))
    try {
      if (await this.#file.moved()) {
        await this.#file.close()
        await this.#keeper.survey()
      }
      if (lines !== '') await this.#file.append(lines)
      for (const job of jobs) {
        await job.written()
        job.resolve()
      }
    } catch (cause) {
      const error = unwritable(this.path, cause)
      // What only waited for these is let down with them.
      const waited = this.#jobs.filter((job) => job.lines === '')
      this.#jobs = this.#jobs.filter((job) => job.lines !== '')
      for (const { reject } of [...jobs, ...waited]) reject(error)
    }
    cancel()
    slow(false)
  }
}

const unwritable = (path: string, cause: unknown) =>
  new MillraceError(
    'deadletter_unwritable',
    `the dead-letter file ${path} cannot be written: ${messageOf(cause)}; without it no record may be given up. Make room or access, or set \`deadLetter.to\``,
    { cause },
  )
