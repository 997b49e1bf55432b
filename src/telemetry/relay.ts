import type { Writable } from 'node:stream'
import { type Logger, pino } from 'pino'
import type { Role } from '../model/role.js'

/** Which process said it. */
export interface Speaker {
  readonly role: Role
  readonly index: number
  readonly id: string
  readonly pid: number
}

/**
 * Passes on what children print. Lines of their loggers are log lines already; anything else (a
 * handler's `console.log`, a stack trace of Node's) becomes one, so that every line on stderr says
 * which process it is from, and nothing of it can get into the data on stdout.
 */
export class LogRelay {
  readonly #destination: Writable
  readonly #log: Logger
  /** The logger of the process that last spoke from each place. */
  readonly #speakers = new Map<string, { readonly pid: number; readonly log: Logger }>()

  constructor(log: Logger, destination: Writable) {
    this.#destination = destination
    this.#log = log
  }

  pass(speaker: Speaker, line: string, stream: 'stdout' | 'stderr'): void {
    if (stream === 'stderr' && line.startsWith('{"level":')) this.#destination.write(`${line}\n`)
    else if (line !== '') this.#logOf(speaker)[stream === 'stdout' ? 'info' : 'warn']({ stream }, line)
  }

  /** The level of the primary's own log is another one now. */
  levelChanged(): void {
    this.#speakers.clear()
  }

  #logOf(speaker: Speaker): Logger {
    const known = this.#speakers.get(speaker.id)
    if (known?.pid === speaker.pid) return known.log
    const log = this.#loggerFor(speaker)
    this.#speakers.set(speaker.id, { pid: speaker.pid, log })
    return log
  }

  #loggerFor({ role, index, id, pid }: Speaker): Logger {
    const fields = { role, process: id, ...(role === 'worker' && { worker: index }), pid }
    // A child logger would repeat the primary's own role and pid in each line.
    return pino(
      { level: this.#log.level, base: { pipeline: this.#log.bindings().pipeline, ...fields } },
      this.#destination,
    )
  }
}
