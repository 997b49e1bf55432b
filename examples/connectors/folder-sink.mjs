import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Writes each result to a file of a folder, named by the id of the result.
 *
 * A result that is delivered again replaces its own file, so nothing is ever there twice, and
 * there is no state to go back to.
 *
 * @param {string} folder
 * @returns {import('millrace').Sink<string>}
 */
export const folderSink = (folder) => ({
  async open() {
    await mkdir(folder, { recursive: true })
  },

  async deliver(results) {
    const rejected = []
    for (const [index, { id, value }] of results.entries()) {
      if (typeof value !== 'string') {
        rejected.push({ index, reason: `A file is made of text, not of a ${typeof value}. Return a string.` })
        continue
      }
      const path = join(folder, encodeURIComponent(id))
      await writeFile(`${path}.part`, value, { flush: true })
      await rename(`${path}.part`, path)
    }
    return rejected
  },
})
