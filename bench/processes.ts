import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { text } from 'node:stream/consumers'

/** A program with its arguments, and where its output goes. */
export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Files in place of pipes. */
  readonly from?: string
  readonly to?: string
}

export interface Finished {
  readonly stdout: string
  /** Wall time of the whole command, from before its start to after its end. */
  readonly seconds: number
}

/** A command that hangs ends the scenario, not the patience of whoever waits. */
const DEADLINE = 15 * 60_000

/** Starts what is measured, and sees to it that nothing of it outlives the benchmark. */
export class Processes {
  readonly #living = new Set<ChildProcess>()
  readonly #folder: string
  readonly #env: NodeJS.ProcessEnv

  /** @param folder is where they run, and all that they find there is their own */
  constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.#folder = folder
    this.#env = env
  }

  start({ program, args, env }: Command, stdio: SpawnOptions['stdio']): ChildProcess {
    const child = spawn(program, args, { cwd: this.#folder, env: { ...this.#env, ...env }, stdio })
    const deadline = setTimeout(() => child.kill('SIGKILL'), DEADLINE)
    this.#living.add(child)
    const forget = () => {
      clearTimeout(deadline)
      this.#living.delete(child)
    }
    child.once('exit', forget).once('error', forget)
    return child
  }

  /** Throws, with what it wrote to stderr, unless it exits with 0. */
  async run(command: Command): Promise<Finished> {
    const stdin = command.from === undefined ? 'ignore' : openSync(command.from, 'r')
    const stdout = command.to === undefined ? 'pipe' : openSync(command.to, 'w')
    try {
      const begun = performance.now()
      const child = this.start(command, [stdin, stdout, 'pipe'])
      const [out, err, [code, signal]] = await Promise.all([
        child.stdout ? text(child.stdout) : '',
        text(child.stderr!),
        once(child, 'exit'),
      ])
      const seconds = (performance.now() - begun) / 1000
      if (code !== 0) {
        throw new Error(`${[command.program, ...command.args].join(' ')}: ended by ${signal ?? code}\n${err}`)
      }
      return { stdout: out, seconds }
    } finally {
      for (const file of [stdin, stdout]) if (typeof file === 'number') closeSync(file)
    }
  }

  /** Kills what still runs; the children of a primary end with it. */
  killAll(): void {
    for (const child of this.#living) child.kill('SIGKILL')
  }
}
