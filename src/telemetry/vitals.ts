import type { EventLoopUtilization } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { EventLoopStatus } from '../model/status.js'

/** What only a process itself knows of how it is. */
export interface Vitals extends EventLoopStatus {
  /** Bytes of its JavaScript heap that are in use. */
  readonly heapUsed: number
}

/**
 * Milliseconds between two looks at how late a timer is. Node's own histogram of that looks every 10
 * to 20 ms and costs an idle process 0.4 % of a core; this costs a tenth of that.
 */
const LOOK_EVERY_MS = 500

/** Looks between two words. */
const LOOKS_A_WORD = 4

/** What a look reads. */
export interface Reading {
  /** Milliseconds. */
  readonly now: number
  readonly utilization: EventLoopUtilization
  readonly heapUsed: number
}

/** Watches the event loop of its own process: says how it is every two seconds, as long as that changes. */
export class VitalsWatch {
  readonly #say: (vitals: Vitals) => void
  readonly #read: () => Reading
  #last: Reading
  #lookedAt: number
  #looks = 0
  #latest = 0
  #said: Vitals | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(say: (vitals: Vitals) => void, read: () => Reading = readOwn) {
    this.#say = say
    this.#read = read
    this.#last = read()
    this.#lookedAt = this.#last.now
  }

  /** Looks from now on, and keeps no process alive for it. */
  start(): void {
    this.#timer ??= setInterval(() => this.look(), LOOK_EVERY_MS).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** To be called half a second after the last look; what it is later than that, the event loop was blocked. */
  look(): void {
    const reading = this.#read()
    this.#latest = Math.max(this.#latest, reading.now - this.#lookedAt - LOOK_EVERY_MS)
    this.#lookedAt = reading.now
    if (++this.#looks % LOOKS_A_WORD !== 0) return
    const vitals = this.#since(reading)
    this.#last = reading
    this.#latest = 0
    if (this.#said && isLike(vitals, this.#said)) return
    this.#said = vitals
    this.#say(vitals)
  }

  #since({ utilization: { active, idle }, heapUsed }: Reading): Vitals {
    const before = this.#last.utilization
    const busy = Math.max(0, active - before.active)
    const all = busy + Math.max(0, idle - before.idle)
    const share = all > 0 ? busy / all : 0
    return { utilization: Math.round(share * 100) / 100, delayMs: Math.round(this.#latest), heapUsed }
  }
}

/** Nobody would draw another conclusion. */
const isLike = (a: Vitals, b: Vitals): boolean =>
  a.utilization === b.utilization &&
  Math.abs(a.delayMs - b.delayMs) <= 1 &&
  Math.abs(a.heapUsed - b.heapUsed) <= b.heapUsed / 10

const readOwn = (): Reading => ({
  now: performance.now(),
  utilization: performance.eventLoopUtilization(),
  // process.memoryUsage() would read the resident size as well, out of a file.
  heapUsed: getHeapStatistics().used_heap_size,
})
