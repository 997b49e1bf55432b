import type { Config } from '../config/config.js'
import { MillraceError, messageOf } from '../errors.js'
import type { Clock } from '../model/clock.js'
import type { ProcessId } from '../model/role.js'
import type { EventListener } from '../telemetry/events.js'
import type { Figures } from '../telemetry/figures.js'
import { figuresOf } from './insight/figures-of.js'
import type { ChildProcess } from './processes/child-process.js'

/** Milliseconds between two looks at the workers. */
const LOOK_EVERY_MS = 1000

/** Milliseconds after which a worker is tried again whose replacement did not become ready. */
const AGAIN_MS = 60_000

/** No share of a small container is less than this: a worker needs some 60 MB before it has done anything. */
const LEAST_SHARE = 128 * 2 ** 20

/** Of a container's memory, what all workers together may have. The rest is for the other processes. */
const WORKERS_PART = 0.9

export type RecycleLimits = Config['recycle']

export interface RecyclingParts {
  readonly limits: RecycleLimits
  readonly clock: Clock
  /** Bytes that all processes here may have together, if that is limited. */
  readonly memory: number | undefined
  readonly emit: EventListener
  /** Those that are ready. */
  workers(): readonly ChildProcess[]
  /** Places for workers that share this memory, whether or not they are ready. */
  places(): number
  sample(): Promise<ReadonlyMap<number, Figures>>
  /** Starts another in its place, then drains it. */
  recycle(worker: ProcessId, why: string): Promise<unknown>
  /** Its records go to others, as after a crash. */
  kill(worker: ChildProcess, how: string): void
}

/** What a worker has come to. */
export interface Wear {
  readonly records: number
  /** Bytes; undefined when it is not known. */
  readonly rss: number | undefined
  /** Milliseconds. */
  readonly age: number
}

/** Why a worker should be replaced before it grows older; undefined when it need not be. */
export function reasonToRecycle(wear: Wear, limits: RecycleLimits): string | undefined {
  const { records, rss, age } = limits
  if (records !== undefined && wear.records >= records) return `it has handled ${wear.records} records`
  if (rss !== undefined && wear.rss !== undefined && wear.rss >= rss)
    return `it has ${mebibytes(wear.rss)} resident`
  if (age !== undefined && wear.age >= age) return `it has run for ${Math.round(wear.age / 1000)} s`
  return undefined
}

/** The bytes that one of so many workers may have, so that all of them together fit. */
export function shareOfMemory(memory: number | undefined, workers: number): number | undefined {
  if (memory === undefined) return undefined
  return Math.max(LEAST_SHARE, Math.floor((memory * WORKERS_PART) / Math.max(1, workers)))
}

/** What this process and its children may have together: the limit of their container, if there is one. */
export function memoryLimit(): number | undefined {
  const limit = process.constrainedMemory()
  // Where there is none, systems say 0, or more than any machine has.
  return limit && limit < 2 ** 50 ? limit : undefined
}

/**
 * Replaces workers that have grown old, one at a time and without a gap; and kills one that has taken
 * more memory than it may, before it takes the others along.
 */
export class Recycling {
  readonly #parts: RecyclingParts
  /** Records handled by each process, by its key. */
  readonly #handled = new Map<string, number>()
  /** Keys of processes that are not gone yet. */
  readonly #killed = new Set<string>()
  /** When a place whose replacement failed is tried again. */
  readonly #again = new Map<ProcessId, number>()
  #recycles = false
  #cancel: (() => void) | undefined

  constructor(parts: RecyclingParts) {
    this.#parts = parts
  }

  start(): void {
    const { records, rss, age } = this.#parts.limits
    if ([records, rss, age].every((limit) => limit === undefined) && !this.#watchesMemory) return
    this.#lookLater()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  /** A worker has handled so many more. */
  did(key: string, records: number): void {
    if (this.#parts.limits.records === undefined) return
    this.#handled.set(key, (this.#handled.get(key) ?? 0) + records)
  }

  gone(key: string): void {
    this.#killed.delete(key)
    this.#handled.delete(key)
  }

  /** A place is no more. */
  removed(id: ProcessId): void {
    this.#again.delete(id)
  }

  get #watchesMemory(): boolean {
    const { limits, memory } = this.#parts
    return (limits.maxRss ?? memory) !== undefined
  }

  #lookLater(): void {
    this.#cancel = this.#parts.clock.after(LOOK_EVERY_MS, () => void this.#look())
  }

  async #look(): Promise<void> {
    const { limits, sample } = this.#parts
    const weighs = limits.rss !== undefined || this.#watchesMemory
    const figures = weighs ? await sample() : new Map<number, Figures>()
    // It may have been stopped meanwhile.
    if (!this.#cancel) return
    this.#killTooLarge(figures)
    this.#recycleOne(figures)
    this.#lookLater()
  }

  #killTooLarge(figures: ReadonlyMap<number, Figures>): void {
    const { limits, memory, workers, places, emit, kill } = this.#parts
    const share = shareOfMemory(memory, places())
    for (const worker of workers()) {
      const limit = limits.maxRss ?? (worker.place.host === undefined ? share : undefined)
      const rss = figuresOf(worker, figures)?.rss ?? 0
      if (limit === undefined || rss <= limit || this.#killed.has(worker.key)) continue
      this.#killed.add(worker.key)
      emit({ type: 'workerTooLarge', process: worker.place.id, pid: worker.pid, rss, limit })
      kill(worker, `it had ${mebibytes(rss)} resident, and may have ${mebibytes(limit)}`)
    }
  }

  /**
   * One at a time, so that there is never more than one worker more than was asked for; the oldest
   * first, or those that wear fast would be replaced again and again while the others wait.
   */
  #recycleOne(figures: ReadonlyMap<number, Figures>): void {
    if (this.#recycles) return
    const { limits, clock, workers } = this.#parts
    const byAge = [...workers()].sort((a, b) => a.since - b.since)
    for (const worker of byAge) {
      const { key, place, since } = worker
      const wear = {
        records: this.#handled.get(key) ?? 0,
        rss: figuresOf(worker, figures)?.rss,
        age: Date.now() - since,
      }
      const why = reasonToRecycle(wear, limits)
      if (!why || (this.#again.get(place.id) ?? 0) > clock.now()) continue
      void this.#recycle(place.id, why)
      return
    }
  }

  async #recycle(worker: ProcessId, why: string): Promise<void> {
    const { clock, emit, recycle } = this.#parts
    this.#recycles = true
    try {
      await recycle(worker, why)
      this.#again.delete(worker)
    } catch (thrown) {
      // The pipeline ends, or the worker has left.
      if (thrown instanceof MillraceError && overtaken.includes(thrown.code)) return
      this.#again.set(worker, clock.now() + AGAIN_MS)
      emit({ type: 'recycleFailed', process: worker, why, error: messageOf(thrown) })
    } finally {
      this.#recycles = false
    }
  }
}

/** What keeps a worker from being replaced that needs no replacement then. */
const overtaken: readonly string[] = ['not_running', 'unknown_target']

const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`
