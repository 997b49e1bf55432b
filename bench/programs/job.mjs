import { closeSync, openSync, writeSync } from 'node:fs'
import process from 'node:process'

/** What a program of the benchmark is asked to do: its only argument, in JSON. */
export const readJob = () => JSON.parse(process.argv[2])

/** What it found out: the last line of its output. */
export const report = (figures) => console.log(JSON.stringify(figures))

/** Milliseconds on the clock that all processes of a machine share. */
export const now = () => Number(process.hrtime.bigint()) / 1e6

/** Takes results: counts them and, if their content is to be compared, writes each as a line. */
export class Results {
  count = 0
  #file

  constructor(output) {
    this.#file = output === undefined ? undefined : openSync(output, 'w')
  }

  take(result) {
    this.count++
    if (this.#file !== undefined) writeSync(this.#file, `${asLine(result)}\n`)
  }

  takeAll(results) {
    if (this.#file === undefined) this.count += results.length
    else for (const result of results) this.take(result)
  }

  close() {
    if (this.#file !== undefined) closeSync(this.#file)
  }
}

const asLine = (result) => (typeof result === 'string' ? result : JSON.stringify(result))

/** Does the work between its two ends, and reports how long that took. */
export async function measured(results, work) {
  const begun = now()
  await work()
  const seconds = (now() - begun) / 1000
  results.close()
  report({ records: results.count, seconds })
}
