import { type ChildProcess, spawn } from 'node:child_process'
import { messageOf } from '../../errors.js'
import { type Clock, systemClock } from '../../model/clock.js'

/*
 * Reads "+ pid" and "- pid" lines; when they end, because the primary is gone, kills what is left.
 * A shell costs a megabyte, and needs no event loop of its own to be alive.
 */
const script = `
trap '' INT TERM HUP
pids=' '
while read -r what pid; do
  case $what in
    +) pids="$pids$pid " ;;
    -) pids="\${pids%% $pid *} \${pids#* $pid }" ;;
  esac
done
for pid in $pids; do kill -9 "$pid"; done 2>/dev/null
`

/** A program and its arguments. */
export type Command = readonly [program: string, ...args: string[]]

const shell: Command = ['/bin/sh', '-c', script, 'millrace-reaper']

/** Milliseconds before a dead reaper is replaced; twice as many after each one, as long as none lasts. */
const firstWait = 100
const longestWait = 30_000

export interface ReaperParts {
  readonly clock?: Clock
  readonly command?: Command
}

/**
 * Sees to it that no child outlives the primary, even one that is stuck in a loop and notices
 * nothing: a small process that is told the pids through a pipe and kills what is left when the
 * pipe ends. It has a session of its own, so that what is sent to the primary's group spares it.
 *
 * Records flow without it, so a reaper that cannot be had is told of and tried again, ever less often.
 */
export class Reaper {
  readonly #pids = new Set<number>()
  readonly #onTrouble: (reason: string) => void
  readonly #clock: Clock
  readonly #command: Command
  #process: ChildProcess | undefined
  #wait = firstWait
  #cancelRestart: (() => void) | undefined
  #closed = false

  /** @param onTrouble told why children are unguarded for the moment, each time a reaper ends or cannot start */
  constructor(
    onTrouble: (reason: string) => void = () => {},
    { clock = systemClock, command = shell }: ReaperParts = {},
  ) {
    this.#onTrouble = onTrouble
    this.#clock = clock
    this.#command = command
    this.#start()
  }

  watch(pid: number): void {
    this.#pids.add(pid)
    this.#write(`+ ${pid}\n`)
  }

  forget(pid: number): void {
    if (this.#pids.delete(pid)) this.#write(`- ${pid}\n`)
  }

  /** Ends it. Whatever it still watches is killed. */
  close(): void {
    this.#closed = true
    this.#cancelRestart?.()
    this.#process?.stdin?.end()
  }

  #start(): void {
    const [program, ...args] = this.#command
    const begun = this.#clock.now()
    const reaper = spawn(program, args, { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
    this.#process = reaper
    reaper.stdin?.on('error', () => {})
    reaper.once('error', (error) => this.#ended(begun, `${program} cannot be started: ${messageOf(error)}`))
    reaper.once('exit', (code, signal) =>
      this.#ended(begun, `it ended with ${signal ?? `exit code ${code}`}`),
    )
    reaper.unref()
    for (const pid of this.#pids) this.#write(`+ ${pid}\n`)
  }

  #ended(begun: number, reason: string): void {
    if (this.#closed) return
    this.#process = undefined
    if (this.#clock.now() - begun >= longestWait) this.#wait = firstWait
    this.#cancelRestart = this.#clock.after(this.#wait, () => this.#start())
    this.#wait = Math.min(2 * this.#wait, longestWait)
    this.#onTrouble(reason)
  }

  #write(line: string): void {
    if (!this.#closed) this.#process?.stdin?.write(line)
  }
}
