import { readFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'

/** Yields the lines of a file, with a key each, and with a position where it is asked for. */
export default async function* ({ position = 0, record, with: { input, keys, positioned } }) {
  const lines = readFileSync(input, 'utf8').trimEnd().split('\n')
  for (let number = positioned ? position : 0; number < lines.length; number++) {
    if (number % 100 === 0) await turn()
    const key = `key ${number % keys}`
    yield record(lines[number], positioned ? { key, position: number + 1 } : { key })
  }
}
