import { type FileHandle, open, realpath, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Bounds, cutToBounds } from './bounds.js'
import { indexLetters, type LiveLine, type LiveLines, pickLines } from './live-letters.js'
import { openLetters } from './open-letters.js'
import { syncFolder } from './sync-folder.js'

/** What a file holds after it was written anew. */
export interface Rewritten {
  readonly live: LiveLines
  /** Letters thrown away, by the bound that they were past. */
  readonly expired: { readonly age: number; readonly size: number }
}

/** Bytes gathered before they are written. */
const GATHERED = 2 ** 20

/**
 * Writes a dead-letter file anew, with only the letters that are not gone and within the bounds.
 *
 * Whoever reads the path finds the old file or the new one, whole, also after a power cut: the new
 * one is durable under another name before it takes the place of the old. What another process
 * appended meanwhile would be lost, so then the old one stays, and this rejects.
 *
 * @param now milliseconds since 1970
 */
export async function rewrite(path: string, bounds: Bounds, now: number): Promise<Rewritten> {
  // The path may be a link to another disk; the link stays.
  const real = await realpath(path)
  const draft = `${real}.new`
  const old = await openLetters(real)
  if (!old) throw new Error(`${path} is not there any more`)
  try {
    const { size } = await old.stat()
    const live = await indexLetters(old, size)
    const { keeps, byAge, bySize } = cutToBounds(live, bounds, now)
    for (const [id, line] of live) if (!keeps(line)) live.delete(id)
    await copy(old, size, live.values(), draft)
    if ((await old.stat()).size !== size) throw new Error(`another process appends to ${path}`)
    await rename(draft, real)
    await syncFolder(dirname(real))
    return { live, expired: { age: byAge, size: bySize } }
  } catch (thrown) {
    await rm(draft, { force: true })
    throw thrown
  } finally {
    await old.close()
  }
}

/** Copies lines into a new file of their own. Resolves when it is on disk. */
async function copy(old: FileHandle, end: number, lines: Iterable<LiveLine>, to: string): Promise<void> {
  const file = await open(to, 'w', 0o600)
  try {
    let gathered: Buffer[] = []
    let waiting = 0
    const write = async () => {
      await file.appendFile(Buffer.concat(gathered, waiting))
      gathered = []
      waiting = 0
    }
    for await (const { text } of pickLines(old, end, lines)) {
      gathered.push(text, lineEnd)
      waiting += text.byteLength + lineEnd.byteLength
      if (waiting >= GATHERED) await write()
    }
    await write()
    await file.datasync()
  } finally {
    await file.close()
  }
}

const lineEnd = Buffer.from('\n')
