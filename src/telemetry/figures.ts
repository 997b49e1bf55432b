import type { Clock } from '../model/clock.js'

/** What a process uses, as the operating system counts it. */
export interface Figures {
  /** Percent of one core of late; since it started, when it is first looked at and is young. */
  readonly cpu: number
  /** Milliseconds of processor time since it started. */
  readonly cpuMs: number
  /** Bytes of resident memory. */
  readonly rss: number
}

/** What pidusage says of one process. */
export interface Usage {
  /** Milliseconds of processor time since it started. */
  readonly ctime: number
  /** Milliseconds since it started. */
  readonly elapsed: number
  /** Bytes of resident memory. */
  readonly memory: number
}

/** A process that is gone is missing, or undefined. */
export type MeasureUsage = (pids: number[]) => Promise<Readonly<Record<string, Usage | undefined>>>

export interface SamplerParts {
  readonly clock: Clock
  /** Of every process that is to be looked at. */
  pids(): readonly number[]
  /** Default: pidusage. */
  readonly measure?: MeasureUsage
}

/** Milliseconds that a sample is good for: whoever asks meanwhile is given the same. */
const FRESH_MS = 1000

/** The kernel counts processor time in ticks of 10 ms: over less than this, a figure is mostly rounding. */
const LEAST_SPAN_MS = 900

/** A figure over more than this says nothing about the present. */
const LONGEST_SPAN_MS = 15_000

/** Milliseconds between two looks where the last one was too long ago. */
const SHORT_SPAN_MS = 250

/** Once somebody has asked, samples go on, so that the next answer is about the time just before it. */
const HEARTBEAT_MS = 5000
const HEARTBEAT_FOR_MS = 60_000

/**
 * CPU and memory of all processes, looked at together, for everybody who asks: at most once a second,
 * and not at all while nobody does.
 *
 * pidusage reads one small file for each process on Linux: 64 take 2 ms of processor time, the first
 * time 20. Its own percentage is that since its last look, 0 at the first; so it is asked for the
 * processor time, and what lies between two looks is computed here.
 */
export class FigureSampler {
  readonly #parts: SamplerParts
  readonly #measure: MeasureUsage
  /** What each process had used at the look that the next figure is counted from. */
  #before = new Map<number, Usage>()
  #figures: ReadonlyMap<number, Figures> = new Map()
  #sampledAt = Number.NEGATIVE_INFINITY
  #askedAt = Number.NEGATIVE_INFINITY
  #running: Promise<ReadonlyMap<number, Figures>> | undefined
  #cancelHeartbeat: (() => void) | undefined
  #closed = false

  constructor(parts: SamplerParts) {
    this.#parts = parts
    this.#measure = parts.measure ?? usageByPidusage
  }

  /** By pid. A process that is gone, or only just came, may be missing. Never rejects. */
  sample(): Promise<ReadonlyMap<number, Figures>> {
    const now = this.#parts.clock.now()
    this.#askedAt = now
    this.#keepBeating()
    const fresh = now - this.#sampledAt < FRESH_MS
    if (fresh && this.#parts.pids().every((pid) => this.#figures.has(pid))) {
      return Promise.resolve(this.#figures)
    }
    return this.#sampleOnce()
  }

  close(): void {
    this.#closed = true
    this.#cancelHeartbeat?.()
  }

  #sampleOnce(): Promise<ReadonlyMap<number, Figures>> {
    this.#running ??= this.#look().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #look(): Promise<ReadonlyMap<number, Figures>> {
    let usages = await this.#usages()
    if ([...usages].some(([pid, usage]) => spanOf(usage, this.#before.get(pid)) > LONGEST_SPAN_MS)) {
      this.#before = usages
      await new Promise<void>((resolve) => this.#parts.clock.after(SHORT_SPAN_MS, resolve))
      usages = await this.#usages()
    }
    const figures = new Map<number, Figures>()
    const before = new Map<number, Usage>()
    for (const [pid, usage] of usages) {
      const earlier = this.#before.get(pid)
      figures.set(pid, { cpu: cpuOf(usage, earlier), cpuMs: usage.ctime, rss: usage.memory })
      before.set(pid, earlier && spanOf(usage, earlier) < LEAST_SPAN_MS ? earlier : usage)
    }
    this.#before = before
    this.#figures = figures
    this.#sampledAt = this.#parts.clock.now()
    return figures
  }

  async #usages(): Promise<Map<number, Usage>> {
    const usages = await this.#measure([...this.#parts.pids()]).catch(() => ({}))
    const found = new Map<number, Usage>()
    for (const [pid, usage] of Object.entries(usages)) if (usage) found.set(Number(pid), usage)
    return found
  }

  #keepBeating(): void {
    if (this.#cancelHeartbeat || this.#closed) return
    const { clock } = this.#parts
    this.#cancelHeartbeat = clock.after(HEARTBEAT_MS, () => {
      this.#cancelHeartbeat = undefined
      if (clock.now() - this.#askedAt > HEARTBEAT_FOR_MS) return
      void this.#sampleOnce()
      this.#keepBeating()
    })
  }
}

const nothingYet = { ctime: 0, elapsed: 0 }

/** A process whose pid another had before is younger than what is known of it. */
const startOf = (usage: Usage, before: Usage | undefined) =>
  before && before.elapsed <= usage.elapsed ? before : nothingYet

const spanOf = (usage: Usage, before: Usage | undefined): number =>
  usage.elapsed - startOf(usage, before).elapsed

function cpuOf(usage: Usage, before: Usage | undefined): number {
  const span = spanOf(usage, before)
  const percent = span > 0 ? ((usage.ctime - startOf(usage, before).ctime) / span) * 100 : 0
  return Math.round(Math.max(0, percent) * 10) / 10
}

async function usageByPidusage(pids: number[]): ReturnType<MeasureUsage> {
  const { default: pidusage } = await import('pidusage')
  return pidusage(pids)
}
