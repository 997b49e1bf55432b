import { once } from 'node:events'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { failedRequest } from './failed-request.mjs'

/*
 * Reads lines from stdin, writes what failed to stdout: one Node process, and what GNU parallel runs.
 * Listening for 'line' takes half the time of `for await`, and text gathered to 64 KB a fraction of
 * the time of a write for each line.
 */
const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })
let gathered = ''

lines.on('line', (line) => {
  const found = failedRequest(line)
  if (found === undefined) return
  gathered += `${JSON.stringify(found)}\n`
  if (gathered.length < 65_536) return
  if (!process.stdout.write(gathered)) {
    lines.pause()
    process.stdout.once('drain', () => lines.resume())
  }
  gathered = ''
})
await once(lines, 'close')
process.stdout.write(gathered)
