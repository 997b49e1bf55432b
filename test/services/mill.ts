import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import type { Summary } from '../../src/model/status.js'
import { type LogLine, linesIn, linesOf } from '../pipeline-run.js'

export interface MillOptions {
  /** The configuration file, in the folder. Default: `millrace.config.mjs`. */
  readonly config?: string
}

/** Milliseconds that a record takes at first: long enough for everything that is done to a service meanwhile. */
const AT_FIRST = 10

/**
 * A pipeline from a file to a file for a service to run, in a folder of its own. Its handler can be
 * made to take another time for each record, and to be other code.
 */
export class Mill {
  readonly config: string
  readonly records: number
  readonly #folder: string

  constructor(folder: string, records: number, options: MillOptions = {}) {
    const { config = 'millrace.config.mjs' } = options
    this.#folder = folder
    this.records = records
    this.config = join(folder, config)
    mkdirSync(dirname(this.config), { recursive: true })
    const content = {
      name: 'mill',
      writer: `file:${join(folder, 'in.txt')}`,
      worker: join(folder, 'worker.mjs'),
      sender: `file:${join(folder, 'out.txt')}`,
      workers: 2,
      inQueue: 64,
      stateDir: './never-here',
      checkpoint: { every: '200ms' },
    }
    writeFileSync(this.config, `export default ${JSON.stringify(content)}\n`)
    const lines = Array.from({ length: records }, (_, i) => `record-${i}\n`)
    writeFileSync(join(folder, 'in.txt'), lines.join(''))
    this.recode('old')
    this.pace(AT_FIRST)
    this.open()
  }

  /** Lets workers become ready. */
  open(): void {
    writeFileSync(join(this.#folder, 'open'), '')
  }

  /** Lets no worker become ready from now on. */
  close(): void {
    rmSync(join(this.#folder, 'open'))
  }

  /** Makes the handler other code, which marks its results. */
  recode(mark: string): void {
    const [pace, open] = ['pace', 'open'].map((name) => JSON.stringify(join(this.#folder, name)))
    writeFileSync(
      join(this.#folder, 'worker.mjs'),
      `import { existsSync, readFileSync } from 'node:fs'
       import { setTimeout as sleep } from 'node:timers/promises'
       export const setup = async () => {
         while (!existsSync(${open})) await sleep(20)
       }
       export default async (text) => {
         await sleep(Number(readFileSync(${pace}, 'utf8')))
         return text + ' ${mark}'
       }\n`,
    )
  }

  /** Lets each record take so many milliseconds from now on. */
  pace(ms: number): void {
    writeFileSync(join(this.#folder, 'pace'), String(ms))
  }

  /** What has been delivered so far: the record and the mark of the code that handled it. */
  get results(): string[] {
    const path = join(this.#folder, 'out.txt')
    return existsSync(path) ? linesIn(path) : []
  }

  /** The account of the last run that came to its own end. */
  summaryIn(stateDir: string): Summary {
    return JSON.parse(readFileSync(join(stateDir, 'summary.json'), 'utf8')) as Summary
  }

  /** Everything is delivered, each record once, and the account over all runs says so. */
  checkAccount(t: Test): void {
    const records = this.results.map((result) => result.split(' ')[0]!)
    t.equal(records.length, this.records, 'as many results as records')
    t.equal(new Set(records).size, this.records, 'each of another record')
  }
}

/** One event's lines of a log that may still be written to: the last line counts once it is whole. */
export function eventsIn(log: string, type: string): LogLine[] {
  const whole = log.slice(0, log.lastIndexOf('\n') + 1)
  const lines = linesOf(whole).filter((line) => line.includes(`"event":"${type}"`))
  return lines.map((line) => JSON.parse(line) as LogLine)
}

/** The processes whose environment names this folder. Linux only. */
export function processesOf(folder: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name)
    if (!Number.isInteger(pid) || pid === process.pid) return []
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(folder) ? [pid] : []
    } catch {
      return []
    }
  })
}
