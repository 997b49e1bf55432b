import { readSync, writeSync } from 'node:fs'

/*
 * The shared memory begins with a bookmark for each worker: the place of the record that it is at, as a
 * float (little-endian), or NaN while that may be any of those in its hand. What a process has written
 * there outlives it, however it ends.
 *
 *  0       8       16                BOOKMARKS_BYTES
 *  ┌───────┬───────┬ ─ ─ ─ ─ ─ ─ ─ ─ ┬ ─ ─ ─
 *  │ place │ place │                 │ slots
 *  └───────┴───────┴ ─ ─ ─ ─ ─ ─ ─ ─ ┴ ─ ─ ─
 */
const BOOKMARK_BYTES = 8

/** Bookmarks that there may be. */
export const MOST_BOOKMARKS = 2048

/** Whole pages, before the first slot. */
export const BOOKMARKS_BYTES = MOST_BOOKMARKS * BOOKMARK_BYTES

/** One of the bookmarks, as the worker that sets it and the primary that reads it have it. */
export class Bookmark {
  readonly #file: number
  readonly #at: number
  readonly #bytes = Buffer.alloc(BOOKMARK_BYTES)

  /**
   * @param file descriptor of the shared memory
   * @param number which of them, from 0
   */
  constructor(file: number, number: number) {
    this.#file = file
    this.#at = number * BOOKMARK_BYTES
  }

  /** The record at this place is begun next; costs a system call, some 2 µs. */
  set(place: number): void {
    this.#bytes.writeDoubleLE(place)
    writeSync(this.#file, this.#bytes, 0, BOOKMARK_BYTES, this.#at)
  }

  /** From now on any record in hand may be the one that is worked on. */
  clear(): void {
    this.set(Number.NaN)
  }

  /** The place that was set last; undefined when that says nothing. */
  read(): number | undefined {
    if (readSync(this.#file, this.#bytes, 0, BOOKMARK_BYTES, this.#at) < BOOKMARK_BYTES) return undefined
    const place = this.#bytes.readDoubleLE()
    return Number.isSafeInteger(place) ? place : undefined
  }
}
