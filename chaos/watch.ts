import { statSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { askStatus } from '../src/control/client.js'
import { entriesIn } from '../src/control/registry.js'
import type { StatusReport } from '../src/model/status.js'
import type { Life } from './life.js'
import { residentBytes } from './processes.js'
import type { Stage } from './stage.js'

/** Milliseconds between two questions how the pipeline is. */
const ASK_EVERY = 100

/** Milliseconds between two looks at memory. */
const WEIGH_EVERY = 500

/** Milliseconds without anything settled after which the pipeline counts as stuck. */
const STUCK_AFTER = 60_000

/**
 * Looks at a pipeline from outside while it suffers: what it says of itself, what it weighs, and
 * whether anything moves at all.
 */
export class Watch {
  /** The largest resident memory that each primary was seen with, by the number of its life. */
  readonly peaks = new Map<number, number>()
  readonly #stage: Stage
  readonly #current: () => Life | undefined
  #status: { readonly life: number; readonly report: StatusReport } | undefined
  #asking = false
  #seen = ''
  #movedAt = performance.now()
  #timers: NodeJS.Timeout[] = []

  constructor(stage: Stage, current: () => Life | undefined) {
    this.#stage = stage
    this.#current = current
  }

  start(): void {
    this.#timers = [
      setInterval(() => void this.#ask(), ASK_EVERY),
      setInterval(() => this.#weigh(), WEIGH_EVERY),
    ]
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
  }

  /** The last answer of the primary that lives. */
  get status(): StatusReport | undefined {
    const life = this.#current()
    return life && this.#status?.life === life.number ? this.#status.report : undefined
  }

  /** The last answer of any primary. */
  get lastStatus(): StatusReport | undefined {
    return this.#status?.report
  }

  get stuck(): boolean {
    return performance.now() - this.#movedAt > STUCK_AFTER
  }

  async #ask(): Promise<void> {
    const life = this.#current()
    if (!life || this.#asking) return
    this.#asking = true
    try {
      const entry = entriesIn([join(this.#stage.folder, 'millrace')]).find(({ pid }) => pid === life.pid)
      if (entry) this.#status = { life: life.number, report: await askStatus(entry) }
    } catch {
      // Starting, stopped, or dead: what it said last stands.
    } finally {
      this.#asking = false
      this.#look()
    }
  }

  #look(): void {
    const { delivered, dropped, deadLettered } = this.#status?.report.total ?? {}
    const { output, stateDir } = this.#stage
    const seen = [
      delivered,
      dropped,
      deadLettered,
      sizeOf(output),
      sizeOf(join(stateDir, 'dead-letters.ndjson')),
    ]
    if (seen.join() === this.#seen) return
    this.#seen = seen.join()
    this.#movedAt = performance.now()
  }

  #weigh(): void {
    this.#look()
    const life = this.#current()
    const bytes = life && residentBytes(life.pid)
    if (bytes !== undefined) this.peaks.set(life!.number, Math.max(bytes, this.peaks.get(life!.number) ?? 0))
  }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0
