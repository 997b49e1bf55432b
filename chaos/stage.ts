import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { drawPlan, type Plan, recordValue } from './behaviour.js'
import { SmallDisk } from './disk.js'
import { randomFrom } from './random.js'
import { LEAKED, type Scenario } from './scenario.js'

/** The variable by which the processes of one trial are told from all others. */
const MARK = 'CHAOS_TRIAL'

const moduleAt = (name: string) => fileURLToPath(new URL(`pipeline/${name}.mjs`, import.meta.url))

/** Everything that a scenario needs in the file system, in a folder of its own. */
export class Stage {
  readonly folder: string
  readonly scenario: Scenario
  readonly plan: Plan
  readonly disk: SmallDisk | undefined
  readonly config: string
  readonly stateDir: string
  /** What the sink writes. */
  readonly output: string
  /** The log's sink fails for as long as there is this file. */
  readonly failing: string
  /** Handlers neither wait nor misbehave just once when there is this file. */
  readonly #calm: string
  /** As it stands in the environment of every process of the trial. */
  readonly mark: string

  constructor(scenario: Scenario) {
    // Short: control sockets live in it.
    this.folder = mkdtempSync(join(tmpdir(), 'mrc-'))
    this.scenario = scenario
    this.plan = drawPlan(randomFrom(scenario.seed, 'plan'), scenario.behaviours, scenario.records)
    this.disk = scenario.smallDisk ? new SmallDisk(join(this.folder, 'disk')) : undefined
    const kept = this.disk?.folder ?? this.folder
    this.stateDir = join(kept, 'state')
    this.output = join(kept, 'output')
    this.failing = join(this.folder, 'failing')
    this.#calm = join(this.folder, 'calm')
    this.mark = `${MARK}=${this.folder}`
    this.config = join(this.folder, 'millrace.config.json')
    this.#write()
  }

  /** The environment of the pipeline: its own control sockets, a small heap, and the mark. */
  get environment(): NodeJS.ProcessEnv {
    const foreign = /^(MILLRACE_|NODE_OPTIONS$|NODE_V8_COVERAGE$|TAP)/
    const inherited = Object.entries(process.env).filter(([name]) => !foreign.test(name))
    return {
      ...Object.fromEntries(inherited),
      [MARK]: this.folder,
      XDG_RUNTIME_DIR: this.folder,
      TMPDIR: this.folder,
      NODE_OPTIONS: `--max-old-space-size=${LEAKED / 2 ** 20}`,
    }
  }

  /** Misfortunes are over: what is left of the stream need not take its time. */
  calm(): void {
    writeFileSync(this.#calm, '')
  }

  /** The folder is left for somebody to look into; what is on the small disk is copied off it. */
  keep(): void {
    this.#leaveDisk(() => {
      for (const path of [this.stateDir, this.output]) {
        cpSync(path, join(this.folder, `kept-${path.split('/').at(-1)}`), { recursive: true, force: true })
      }
    })
  }

  remove(): void {
    this.#leaveDisk(() => {})
    rmSync(this.folder, { recursive: true, force: true })
  }

  #leaveDisk(first: () => void): void {
    if (!this.disk) return
    try {
      this.disk.free()
      first()
    } finally {
      this.disk.unmount()
    }
  }

  #write(): void {
    const { records, bytes, sink } = this.scenario
    const input = join(this.folder, 'input')
    const markers = join(this.folder, 'markers')
    const plan = join(this.folder, 'plan.json')
    const values = Array.from({ length: records }, (_, number) => recordValue(number, bytes))
    mkdirSync(markers)
    writeFileSync(input, `${values.join('\n')}\n`)
    writeFileSync(plan, JSON.stringify(Object.fromEntries(this.plan)))
    const { wait, leak, keys, source } = this.scenario
    writeFileSync(
      this.config,
      JSON.stringify({
        ...settingsOf(this.scenario),
        stateDir: this.stateDir,
        writer:
          source === 'file'
            ? `file:${input}`
            : { use: moduleAt('writer'), with: { input, keys, positioned: source === 'positioned' } },
        worker: { use: moduleAt('worker'), with: { plan, markers, wait, leak, calm: this.#calm } },
        sender:
          sink === 'file'
            ? `file:${this.output}`
            : { use: moduleAt('sender'), with: { path: this.output, failing: this.failing } },
      }),
    )
  }

  /** The checkpoint that the next primary begins with is kept for the verdict, by the number of its life. */
  keepCheckpoint(life: number): string | undefined {
    const copy = join(this.folder, `checkpoint-${life}`)
    try {
      mkdirSync(copy)
      copyFileSync(join(this.stateDir, 'checkpoint.json'), join(copy, 'checkpoint.json'))
      return copy
    } catch {
      return undefined
    }
  }
}

/** The settings of the pipeline that have nothing to do with where its files are. */
function settingsOf({
  order,
  workers,
  concurrency,
  inQueue,
  outQueue,
  timeout,
  checkpointEvery,
}: Scenario): object {
  return {
    name: 'chaos',
    ...{ order, workers, concurrency, inQueue, outQueue },
    ...(timeout !== undefined && { timeout }),
    queueBytes: '4mb',
    checkpoint: { every: checkpointEvery },
    retry: { attempts: 4, backoff: '10ms', factor: 2, maxBackoff: '100ms', deaths: 3 },
    // Misfortunes come faster than any sensible budget allows, and records are given up on purpose.
    restart: { intensity: 10_000, period: '60s', backoff: '10ms', maxBackoff: '200ms' },
    deadLetter: { pauseAbove: '100%' },
    log: { level: 'debug' },
  }
}
