import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { hear, type Life, summaryOf } from './life.js'
import type { Stage } from './stage.js'

const bin = fileURLToPath(new URL('../dist/cli/bin.js', import.meta.url))

/** Processes that are ended on purpose leave no core. */
const WITHOUT_CORES = 'ulimit -c 0; exec "$@"'

/** Milliseconds before a primary that has ended is started again, as pm2 would. */
const RESTART_DELAY = 100

/**
 * Starts `millrace run`, and starts it again after every end but that of the whole stream: what pm2
 * or systemd do.
 */
export class OuterSupervisor {
  readonly lives: Life[] = []
  readonly #stage: Stage
  #process: ChildProcess | undefined
  #stopped = false

  constructor(stage: Stage) {
    this.#stage = stage
  }

  /** The primary that lives. */
  get current(): Life | undefined {
    const last = this.lives.at(-1)
    return last && !last.exit ? last : undefined
  }

  /** Resolves when the stream has come to its end, or `stop` was called. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      const life = await this.#live()
      if (life.exit?.code === 0 && summaryOf(life)?.outcome === 'finished') return
      await sleep(RESTART_DELAY)
    }
  }

  /** Kills the primary, and starts no other. */
  stop(): void {
    this.#stopped = true
    this.#process?.kill('SIGKILL')
  }

  async #live(): Promise<Life> {
    const number = this.lives.length
    const { folder, environment, config } = this.#stage
    const checkpoint = this.#stage.keepCheckpoint(number)
    const command = [process.execPath, bin, 'run', config]
    const child = spawn('/bin/sh', ['-c', WITHOUT_CORES, 'sh', ...command], {
      cwd: folder,
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
      // What is sent to the harness's group, such as Ctrl-C, is the harness's to pass on.
      detached: true,
    })
    this.#process = child
    const life: Life = { number, pid: child.pid!, events: [], prose: [], checkpoint, exit: undefined }
    this.lives.push(life)
    child.stderr.pipe(createWriteStream(join(folder, `stderr-${number}.log`)))
    createInterface({ input: child.stderr }).on('line', (line) => hear(life, line))
    const read = once(child.stderr, 'close')
    const [code, signal] = await once(child, 'exit')
    // Nobody but the primary has this pipe, so it ends with it.
    await read
    life.exit = { code, signal }
    return life
  }
}
