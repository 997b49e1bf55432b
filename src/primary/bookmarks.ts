import { Bookmark, MOST_BOOKMARKS } from '../link/bookmark.js'

/** Which worker has which bookmark in the shared memory. */
export class Bookmarks {
  readonly #file: number
  readonly #numbers = new Map<string, number>()
  readonly #free: number[] = []

  /** @param file descriptor of the shared memory */
  constructor(file: number) {
    this.#file = file
  }

  /** Gives a process a bookmark, by its number; undefined when there is none left. */
  give(key: string): number | undefined {
    const number = this.#numbers.get(key) ?? this.#free.pop() ?? this.#numbers.size
    if (number >= MOST_BOOKMARKS) return undefined
    this.#numbers.set(key, number)
    try {
      new Bookmark(this.#file, number).clear()
    } catch {
      this.takeBack(key)
      return undefined
    }
    return number
  }

  /** The place of the record that a process was at; undefined when that is not known. */
  read(key: string): number | undefined {
    const number = this.#numbers.get(key)
    return number === undefined ? undefined : new Bookmark(this.#file, number).read()
  }

  /** A process is gone. */
  takeBack(key: string): void {
    const number = this.#numbers.get(key)
    if (number === undefined) return
    this.#numbers.delete(key)
    this.#free.push(number)
  }
}
