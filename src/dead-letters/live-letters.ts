import type { FileHandle } from 'node:fs/promises'
import type { DeadLetter } from '../model/dead-letter.js'
import { entryOf } from './entries.js'
import { hasValue } from './letters.js'
import { type Line, linesOf } from './lines.js'
import { openLetters } from './open-letters.js'

/** Where the letter of an id stands. */
export interface LiveLine {
  /** Offset of its line in the file. */
  readonly from: number
  /** Of its line, without the end. */
  readonly bytes: number
  /** When it was given up, in milliseconds since 1970; NaN when nobody can tell. */
  readonly at: number
  /** Whether there is something to handle again. */
  readonly replayable: boolean
}

/** The letters of a file that are not gone, by id, in the order of their lines. */
export type LiveLines = ReadonlyMap<string, LiveLine>

/**
 * Finds the letters that are not gone in the first `end` bytes of a file. Keeps no values: what it
 * costs is some 150 bytes for each letter.
 */
export async function indexLetters(file: FileHandle, end: number): Promise<Map<string, LiveLine>> {
  const live = new Map<string, LiveLine>()
  for await (const lines of linesOf(file, end)) {
    for (const { from, text } of lines) {
      const entry = entryOf(text.toString())
      if (!entry) continue
      if ('gone' in entry) for (const id of entry.gone) live.delete(id)
      else {
        const { letter } = entry
        // The map is in the order of lines only if the id goes to its end.
        live.delete(letter.id)
        live.set(letter.id, {
          from,
          bytes: text.byteLength,
          at: Date.parse(letter.at),
          replayable: hasValue(letter),
        })
      }
    }
  }
  return live
}

/** Streams these lines of a file; they must be in its order. */
export async function* pickLines(
  file: FileHandle,
  end: number,
  picked: Iterable<LiveLine>,
): AsyncGenerator<Line> {
  const wanted = picked[Symbol.iterator]()
  let next = wanted.next()
  for await (const lines of linesOf(file, end)) {
    for (const line of lines) {
      if (next.done) return
      if (line.from !== next.value.from) continue
      next = wanted.next()
      yield line
    }
  }
}

/** The letters that are not gone, by id. A file that is not there has none. */
export async function indexFile(path: string): Promise<LiveLines> {
  const file = await openLetters(path)
  if (!file) return new Map()
  try {
    return await indexLetters(file, (await file.stat()).size)
  } finally {
    await file.close()
  }
}

/**
 * Streams the letters that are not gone, each id once, the newest last: those that there are when
 * the first one is asked for, whatever happens to the file meanwhile.
 *
 * @param wanted only the letters with these ids
 */
export async function* readLetters(path: string, wanted?: ReadonlySet<string>): AsyncGenerator<DeadLetter> {
  const file = await openLetters(path)
  if (!file) return
  try {
    const { size } = await file.stat()
    const live = await indexLetters(file, size)
    if (wanted) for (const id of live.keys()) if (!wanted.has(id)) live.delete(id)
    for await (const { text } of pickLines(file, size, live.values())) {
      const entry = entryOf(text.toString())
      if (entry && 'letter' in entry) yield entry.letter
    }
  } finally {
    await file.close()
  }
}
