import type { ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Summary } from '../src/model/status.js'
import type { PipelineEvent } from '../src/telemetry/events.js'
import type { Processes } from './processes.js'

export const bin = fileURLToPath(new URL('../dist/cli/bin.js', import.meta.url))

type EventType = PipelineEvent['type']

/** An event as it stands in the log, where `process` and `pid` are those of whoever wrote the line. */
export type LoggedEvent = { readonly event: EventType } & Readonly<Record<string, unknown>>

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Default: info. */
  readonly logLevel?: 'info' | 'debug'
}

/** `millrace run …` as somebody would start it, with what it says of itself. */
export class MillraceRun {
  /** On the clock that all processes share, in milliseconds. */
  readonly begun = now()
  /** Resolves with the exit code when all that it wrote was read. */
  readonly ended: Promise<number | null>
  readonly #process: ChildProcess
  readonly #events: LoggedEvent[] = []
  readonly #said: string[] = []
  readonly #news = new EventEmitter()
  #over = false

  constructor(processes: Processes, args: readonly string[], { env, logLevel = 'info' }: RunOptions = {}) {
    const command = [bin, 'run', ...args, '--log-level', logLevel]
    this.#process = processes.start({ program: process.execPath, args: command, ...(env && { env }) }, [
      'ignore',
      'ignore',
      'pipe',
    ])
    createInterface({ input: this.#process.stderr! }).on('line', (line) => this.#hear(line))
    this.ended = once(this.#process, 'close').then(([code]) => {
      this.#over = true
      this.#news.emit('news')
      return code
    })
  }

  get pid(): number {
    return this.#process.pid!
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }

  /** The first event of a type, past or future, that is as wanted. */
  async event(type: EventType, wanted: (event: LoggedEvent) => boolean = () => true): Promise<LoggedEvent> {
    for (;;) {
      const found = this.#events.find((event) => event.event === type && wanted(event))
      if (found) return found
      if (this.#over) throw new Error(`millrace ended before ${type}:\n${this.#said.join('\n')}`)
      await once(this.#news, 'news')
    }
  }

  running(): Promise<LoggedEvent> {
    return this.event('stateChanged', ({ state }) => state === 'running')
  }

  /** The account at its end. Throws unless all went well. */
  async finished(): Promise<Summary> {
    const code = await this.ended
    const { summary } = (await this.event('finished')) as unknown as { readonly summary: Summary }
    if (code === 0 && summary.deadLettered === 0 && summary.returned === 0) return summary
    throw new Error(`millrace ended with ${code}:\n${this.#said.join('\n')}`)
  }

  #hear(line: string): void {
    this.#said.push(line)
    const parsed = parsedLine(line)
    if (parsed) this.#events.push(parsed)
    this.#news.emit('news')
  }
}

/** Milliseconds on the clock that all processes of a machine share. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6

function parsedLine(line: string): LoggedEvent | undefined {
  try {
    const parsed: unknown = JSON.parse(line)
    return typeof parsed === 'object' && parsed !== null && 'event' in parsed
      ? (parsed as LoggedEvent)
      : undefined
  } catch {
    return undefined
  }
}
