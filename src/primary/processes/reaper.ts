import { type ChildProcess, spawn } from 'node:child_process'

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

/**
 * Sees to it that no child outlives the primary, even one that is stuck in a loop and notices
 * nothing: a small process that is told the pids through a pipe and kills what is left when the
 * pipe ends. It has a session of its own, so that what is sent to the primary's group spares it.
 */
export class Reaper {
  readonly #pids = new Set<number>()
  #process: ChildProcess | undefined
  #closed = false

  constructor() {
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
    this.#process?.stdin?.end()
  }

  #start(): void {
    const reaper = spawn('/bin/sh', ['-c', script, 'millrace-reaper'], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    })
    this.#process = reaper
    reaper.stdin?.on('error', () => {})
    reaper.on('error', () => {})
    reaper.once('exit', () => {
      if (!this.#closed) this.#start()
    })
    reaper.unref()
    for (const pid of this.#pids) this.#write(`+ ${pid}\n`)
  }

  #write(line: string): void {
    if (!this.#closed) this.#process?.stdin?.write(line)
  }
}
