import { stat } from 'node:fs/promises'
import { messageOf } from '../errors.js'
import type { Clock } from '../model/clock.js'
import type { DeadLetter, DeadLetterEvent } from '../model/dead-letter.js'
import { type Bounds, HighWater, nearAge, nearSize, oldestOf } from './bounds.js'
import { indexFile, type LiveLines } from './live-letters.js'
import { rewrite } from './rewrite.js'

export interface KeeperParts {
  readonly path: string
  readonly bounds: Bounds
  readonly clock: Clock
  readonly emit: (event: DeadLetterEvent) => void
  /** Milliseconds since 1970, by which letters are dated. */
  readonly now: () => number
  /** The path names another file from now on. */
  readonly replaced: () => Promise<void>
}

/** Milliseconds after a rewrite that failed, before the next. */
const AGAIN_MS = 60_000

/** Share of `maxAge` by which letters may leave later, so that the file is not written anew for each. */
const LATE = 0.02

/**
 * Knows how many letters the file holds and how old they are, and keeps it within its bounds. All
 * that it holds is numbers, and the ids under replay. Called by one loop, one call after another.
 */
export class Keeper {
  readonly #parts: KeeperParts
  readonly #sizeMark = new HighWater()
  readonly #ageMark = new HighWater()
  readonly #replaying = new Set<string>()
  #count = 0
  /** When the oldest letter was given up. */
  #oldest: number | undefined
  /** The oldest may be gone. */
  #stale = false
  /** On the clock: no rewrite before; none for the sake of age before. */
  #restsUntil = -Infinity
  #agesUntil = -Infinity

  constructor(parts: KeeperParts) {
    this.#parts = parts
  }

  get count(): number {
    return this.#count
  }

  /** Takes stock of what the file holds. */
  async survey(): Promise<void> {
    this.#takeStock(await indexFile(this.#parts.path))
  }

  kept({ id, at }: DeadLetter): void {
    // A record under replay was given up again: its new letter stands for the old one.
    if (!this.#replaying.delete(id)) this.#count++
    this.#oldest ??= Date.parse(at)
  }

  forgotten(ids: readonly string[]): void {
    for (const id of ids) if (this.#replaying.delete(id)) this.#count--
    this.#stale = true
  }

  beginReplay(ids: readonly string[]): ReadonlySet<string> {
    const begun = new Set(ids.filter((id) => !this.#replaying.has(id)))
    for (const id of begun) this.#replaying.add(id)
    return begun
  }

  cancelReplay(ids: Iterable<string>): void {
    for (const id of ids) this.#replaying.delete(id)
  }

  /**
   * Writes the file anew if it is past a bound, or holds nothing but lines about letters that are
   * gone; warns when it comes near. Never fails: what goes wrong is told, and tried again.
   *
   * @param lookAtAge whether it is time for that, too
   */
  async keepWithin(lookAtAge: boolean): Promise<void> {
    const { path, bounds, clock, emit } = this.#parts
    try {
      const pastAge = lookAtAge && (await this.#isPastAge())
      const bytes = await sizeOf(path)
      const pastSize = bytes > bounds.maxSize || (bytes > 0 && this.#count === 0)
      if ((pastAge || pastSize) && clock.now() >= this.#restsUntil) await this.#trim()
    } catch (cause) {
      this.#restsUntil = clock.now() + AGAIN_MS
      emit({ type: 'deadLettersNotTrimmed', file: path, error: messageOf(cause) })
    }
    await this.#warn(lookAtAge)
  }

  async #isPastAge(): Promise<boolean> {
    const { maxAge } = this.#parts.bounds
    if (maxAge === undefined || this.#age < maxAge * nearAge) return false
    if (this.#stale) await this.survey()
    return this.#age >= maxAge && this.#parts.clock.now() >= this.#agesUntil
  }

  async #trim(): Promise<void> {
    const { path, bounds, clock, emit, now, replaced } = this.#parts
    const { live, expired } = await rewrite(path, bounds, now())
    await replaced()
    this.#takeStock(live)
    this.#agesUntil = clock.now() + (bounds.maxAge ?? 0) * LATE
    for (const why of ['age', 'size'] as const) {
      const letters = expired[why]
      if (letters > 0) emit({ type: 'deadLettersExpired', file: path, letters, why })
    }
  }

  async #warn(lookAtAge: boolean): Promise<void> {
    const { path: file, bounds, emit } = this.#parts
    const { maxSize, maxAge = Infinity } = bounds
    const bytes = await sizeOf(file)
    const about = { type: 'deadLettersNearBound', file, letters: this.#count } as const
    if (this.#sizeMark.look(bytes >= maxSize * nearSize)) {
      emit({ ...about, bound: 'size', reached: bytes, limit: maxSize })
    }
    if (lookAtAge && this.#ageMark.look(this.#age >= maxAge * nearAge)) {
      emit({ ...about, bound: 'age', reached: this.#age, limit: maxAge })
    }
  }

  /** Milliseconds since the oldest letter was given up; 0 when there is none. */
  get #age(): number {
    return this.#oldest === undefined ? 0 : this.#parts.now() - this.#oldest
  }

  #takeStock(live: LiveLines): void {
    this.#count = live.size
    this.#oldest = oldestOf(live)
    this.#stale = false
    for (const id of this.#replaying) if (!live.has(id)) this.#replaying.delete(id)
  }
}

/** Bytes of a file; none, if it is not there or is a device, which holds nothing. */
async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() ? found.size : 0
}
