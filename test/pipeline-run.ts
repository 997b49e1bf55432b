import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { PipelineEvent } from '../src/telemetry/events.js'
import { bareNode } from './bare-node.js'
import { temporaryFolder } from './temporary-folder.js'

export const bin = fileURLToPath(new URL('../dist/cli/bin.js', import.meta.url))

/** The command that is `millrace`, and its first arguments. */
export function millrace(nodeOptions = ''): readonly [command: string, args: readonly string[]] {
  const [command, first] = bareNode(nodeOptions)
  return [command, [...first, bin]]
}

/** The path of a small program in `test/fixtures`. */
export const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))

type EventType = PipelineEvent['type']
export type EventOf<Type extends EventType> = Extract<PipelineEvent, { type: Type }>

/** One line of a pipeline's stderr. */
export interface LogLine {
  readonly msg: string
  readonly process: string
  readonly pid: number
  readonly event?: EventType
  readonly [field: string]: unknown
}

/** What a test needs to clean up after itself. */
interface Test {
  teardown(clean: () => unknown): unknown
}

export interface RunOptions {
  /** Default: `run`. */
  readonly command?: 'run' | 'join'
  readonly env?: Readonly<Record<string, string>>
  /** Where it runs, if that is to outlive it. Default: a folder of its own. */
  readonly folder?: string
  /** All of stdin, or `'open'` for a pipe that the test writes to. Default: no stdin. */
  readonly input?: string | 'open'
  /** Default: debug, so that every event is there. */
  readonly logLevel?: 'info' | 'debug'
  /** A process group of its own, so that a signal to `-pid` reaches every process of it. */
  readonly ownGroup?: boolean
}

/** `millrace run …`, or another command that runs for long, of the built package, in a folder and with control sockets of its own, unless it is given one to share. */
export class PipelineRun extends EventEmitter {
  readonly folder: string
  readonly lines: LogLine[] = []
  /** What stderr held that is not a line of the log. */
  readonly prose: string[] = []
  stdout = ''
  /** Resolves when the process has exited and all that it wrote was read. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  readonly #process: ChildProcess

  constructor(t: Test, args: readonly string[], options: RunOptions = {}) {
    super()
    this.setMaxListeners(0)
    this.folder = options.folder ?? temporaryFolder(t)
    const { input, ownGroup = false, logLevel = 'debug', command: verb = 'run' } = options
    const stdin = input === undefined ? 'ignore' : 'pipe'
    const [command, first] = millrace(options.env?.NODE_OPTIONS)
    this.#process = spawn(command, [...first, verb, ...args, '--log-level', logLevel], {
      ...this.surroundings(options.env),
      stdio: [stdin, 'pipe', 'pipe'],
      detached: ownGroup,
    })
    t.teardown(() => this.#end())
    const { stdout, stderr } = this.#process
    stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
      this.emit('news')
    })
    createInterface({ input: stderr! }).on('line', (line) => this.#heard(line))
    this.ended = once(this.#process, 'close').then(([code, signal]) => {
      this.emit('news')
      return { code, signal }
    })
    if (input !== undefined && input !== 'open') this.#process.stdin!.end(input)
  }

  get pid(): number {
    return this.#process.pid!
  }

  get stdin(): NonNullable<ChildProcess['stdin']> {
    return this.#process.stdin!
  }

  /** Lines of stdout, without the end of the last. */
  get results(): string[] {
    return linesOf(this.stdout)
  }

  /** What other commands need to find this pipeline, and no other. */
  surroundings(env: RunOptions['env'] = {}): Pick<SpawnOptions, 'cwd' | 'env'> {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('MILLRACE_'))
    return {
      cwd: this.folder,
      env: { ...Object.fromEntries(inherited), XDG_RUNTIME_DIR: this.folder, TMPDIR: this.folder, ...env },
    }
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  eventsOf<Type extends EventType>(type: Type): EventOf<Type>[] {
    return this.lines
      .filter(({ event }) => event === type)
      .map(({ child: process, childPid, ...line }) => {
        const pid = childPid ?? line.pid
        return { ...line, type, process, pid } as unknown as EventOf<Type>
      })
  }

  /** The first event of a type, past or future, that is as wanted. */
  async event<Type extends EventType>(
    type: Type,
    wanted: (event: EventOf<Type>) => boolean = () => true,
  ): Promise<EventOf<Type>> {
    await this.until(() => this.eventsOf(type).some(wanted), type)
    return this.eventsOf(type).find(wanted)!
  }

  /** Resolves when `condition` holds; it is looked at whenever the pipeline says something. */
  async until(condition: () => boolean, what: string): Promise<void> {
    let ended = false
    void this.ended.then(() => {
      ended = true
    })
    while (!condition()) {
      if (ended) throw new Error(`the pipeline ended before: ${what}\n${this.said}`)
      await once(this, 'news')
    }
  }

  /** The pid of the newest process in a place. */
  pidOf(place: string): number {
    const started = this.eventsOf('processStarted').filter(({ process }) => process === place)
    const newest = started.at(-1)
    if (!newest) throw new Error(`${place} was never started`)
    return newest.pid
  }

  /** Every process that was ever started for this pipeline, but the primary. */
  get pids(): number[] {
    return this.eventsOf('processStarted').map(({ pid }) => pid)
  }

  /** The account at its end. */
  get summary(): EventOf<'finished'>['summary'] {
    const [finished] = this.eventsOf('finished')
    if (!finished) throw new Error(`there is no account:\n${this.said}`)
    return finished.summary
  }

  /** Everything on stderr, for messages. */
  get said(): string {
    return [...this.lines.map(({ msg }) => msg), ...this.prose].join('\n')
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal)
  }

  #heard(line: string): void {
    const parsed = parsedLine(line)
    if (parsed) this.lines.push(parsed)
    else this.prose.push(line)
    this.emit('news')
  }

  async #end(): Promise<void> {
    this.#process.kill('SIGKILL')
    this.#process.stdout?.destroy()
    await this.ended
  }
}

function parsedLine(line: string): LogLine | undefined {
  try {
    return JSON.parse(line) as LogLine
  } catch {
    return undefined
  }
}

/** The lines of a text that ends with a line end, or is empty. */
export function linesOf(text: string): string[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

export const linesIn = (path: string): string[] => linesOf(readFileSync(path, 'utf8'))
