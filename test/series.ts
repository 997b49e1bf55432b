import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Checkpoint } from '../src/primary/state/checkpoint.js'
import { checkpointPath } from '../src/primary/state/checkpoint-file.js'
import { PipelineRun, type RunOptions } from './pipeline-run.js'
import { childrenOf, eventually, isRunning } from './processes.js'
import { temporaryFolder } from './temporary-folder.js'

/** Milliseconds for what should take far less; a busy machine gets them. */
const LONG = 60_000

/** Milliseconds that the children of a dead primary have to be gone; the promise is one second. */
const SOON = 5000

const always = ['--name', 'mill', '--checkpoint-every', '20ms', '--workers', '2']

/** Runs of one pipeline, one after another, in one folder and with one state. */
export class Series {
  readonly folder: string
  readonly stateDir: string
  readonly #t: Test
  readonly #args: readonly string[]

  /** @param args of every run; relative paths begin at the folder */
  constructor(t: Test, args: readonly string[]) {
    this.#t = t
    this.folder = temporaryFolder(t)
    this.stateDir = join(this.folder, '.millrace', 'mill')
    this.#args = args
  }

  start(more: readonly string[] = [], options: RunOptions = {}): PipelineRun {
    return new PipelineRun(this.#t, [...always, ...this.#args, ...more], { ...options, folder: this.folder })
  }

  /** Starts it, and expects it to end with this exit code. */
  async run(code: number, more: readonly string[] = [], options: RunOptions = {}): Promise<PipelineRun> {
    const run = this.start(more, options)
    this.#t.match(await run.ended, { code }, `exit code ${code}`)
    return run
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  text(name: string): string {
    return readFileSync(this.path(name), 'utf8')
  }

  /** Another series that begins where this one is: with the same files, in a folder of its own. */
  copy(t: Test): Series {
    const copy = new Series(t, this.#args)
    cpSync(this.folder, copy.folder, { recursive: true })
    return copy
  }

  get checkpointFile(): string {
    return checkpointPath(this.stateDir)
  }

  get checkpointText(): string {
    return readFileSync(this.checkpointFile, 'utf8')
  }

  get checkpoint(): Checkpoint {
    return (JSON.parse(this.checkpointText) as { checkpoint: Checkpoint }).checkpoint
  }

  /** Places that the checkpoint holds for settled, as pairs from, to. */
  get settled(): readonly (readonly [from: number, to: number])[] {
    const { place, settledBeyond } = this.checkpoint
    const beyond = settledBeyond.flatMap((from, i) =>
      i % 2 === 0 ? [[from, settledBeyond[i + 1]!] as const] : [],
    )
    return [[0, place], ...beyond]
  }

  get settledCount(): number {
    return this.settled.reduce((sum, [from, to]) => sum + to - from, 0)
  }

  /** Waits until the checkpoint of a run has `count` records for settled. */
  async untilSettled(run: PipelineRun, count: number): Promise<void> {
    await run.event('pipelineStarted')
    // Its first checkpoint may still be on the way.
    const settled = () => run.eventsOf('finished').length > 0 || this.#settledSoFar() >= count
    this.#t.ok(await eventually(settled, LONG), `${count} records are settled in time`)
  }

  /** Kills the primary with records in flight, and sees its children go. */
  async kill(run: PipelineRun): Promise<void> {
    const children = childrenOf(run.pid)
    run.signal('SIGKILL')
    this.#t.match(await run.ended, { signal: 'SIGKILL' })
    this.#t.equal(run.eventsOf('finished').length, 0, 'it fell before the end')
    this.#t.ok(this.checkpoint.inFlight > 0, 'it fell while records were in flight')
    const gone = await eventually(() => !children.some(isRunning), SOON)
    this.#t.ok(gone, `its ${children.length} children went with it`)
  }

  #settledSoFar(): number {
    try {
      return this.settledCount
    } catch {
      return 0
    }
  }
}
