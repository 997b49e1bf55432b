import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { type LogFile, writeLogFile } from './log-file.js'
import { Processes } from './processes.js'

/** Where contenders run, and what they share. */
export class Surroundings {
  /** Workers of each contender that shares work out: one a core. */
  readonly cores: number
  readonly processes: Processes
  readonly #quick: boolean
  readonly #folder: string
  readonly #logs = new Map<number, LogFile>()
  #names = 0

  constructor(cores: number, quick: boolean) {
    this.cores = cores
    this.#quick = quick
    // Short: control sockets live in it.
    this.#folder = mkdtempSync(join(tmpdir(), 'mrb-'))
    const working = join(this.#folder, 'cwd')
    mkdirSync(working)
    this.processes = new Processes(working, {
      ...ownEnvironment(),
      XDG_RUNTIME_DIR: this.#folder,
      TMPDIR: this.#folder,
    })
  }

  /** How many of something, or with `--quick` a few of it. */
  amount(full: number): number {
    return this.#quick ? Math.min(full, Math.max(500, Math.round(full / 500))) : full
  }

  /** A path that nobody has yet. */
  path(name: string): string {
    this.#names++
    return join(this.#folder, `${this.#names}-${name}`)
  }

  /** The log of a web server; written when it is first asked for, kept as long as the surroundings. */
  log(bytes: number): LogFile {
    const known = this.#logs.get(bytes)
    if (known) return known
    const log = writeLogFile(this.path('access.log'), bytes)
    this.#logs.set(bytes, log)
    return log
  }

  remove(): void {
    this.processes.killAll()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Without what would configure millrace, or burden every Node process. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(MILLRACE_|BENCH_|NODE_OPTIONS$|NODE_EXTRA_CA_CERTS$|NODE_V8_COVERAGE$|TAP|npm_)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)))
}
