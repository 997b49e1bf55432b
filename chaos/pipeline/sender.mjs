import { closeSync, existsSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs'

export const batch = { size: 64, within: '2ms' }

let log

export const setup = ({ with: { path } }) => {
  log = openSync(path, 'a')
}

export const teardown = () => closeSync(log)

/**
 * Appends a line for each result and makes it durable. A line begins with its line end: whatever a
 * dead process left half written, the next line is one of its own.
 */
export default (values, { results, with: { failing } }) => {
  if (existsSync(failing)) throw new Error('the sink is made to fail')
  const lines = values.map((value, index) => `\n${JSON.stringify([process.pid, results[index].id, value])}`)
  const bytes = Buffer.from(lines.join(''))
  const { size } = fstatSync(log)
  try {
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(log, bytes, written, bytes.length - written)
    }
    fdatasyncSync(log)
  } catch (error) {
    ftruncateSync(log, size)
    throw error
  }
}
