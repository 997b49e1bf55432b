import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Reads the files of a folder, in the order of their names. Each file is a record.
 *
 * @param {string} folder
 * @returns {import('millrace').Source<string, { name: string }>}
 */
export const folderSource = (folder) => ({
  kind: 'positioned',

  async *open(from, ctx) {
    const names = (await namesIn(folder)).filter((name) => !from || name > from.position.name)
    for (const name of names) {
      if (ctx.signal.aborted) return
      const path = join(folder, name)
      const positionAfter = () => ({ name })
      const { size } = await stat(path)
      if (size > ctx.maxRecord) {
        const reason = `${path} has ${size} bytes and maxRecord allows ${ctx.maxRecord}. Raise maxRecord.`
        yield { refused: { id: name, code: 'record_too_large', reason }, positionAfter }
        continue
      }
      // A file is a good deal of data, so each is a batch of its own, however many are wanted.
      yield { values: [await readFile(path, 'utf8')], ids: { list: [name] }, positionAfter }
    }
  },
})

async function namesIn(folder) {
  try {
    return (await readdir(folder)).sort()
  } catch (cause) {
    throw new Error(`Cannot read the folder ${folder}. Create it, or name another.`, { cause })
  }
}
