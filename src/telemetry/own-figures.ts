import { type IntervalHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks'
import process from 'node:process'
import type { ProcessReadings } from './metrics/readings.js'

/** Milliseconds between two looks at how late timers are. */
const RESOLUTION_MS = 20

/** What this process uses, since it was last asked; the delay of its timers is measured from the first time on. */
export class OwnFigures {
  #cpu = process.cpuUsage()
  #at = performance.now()
  #loop = performance.eventLoopUtilization()
  #delay: IntervalHistogram | undefined

  read(): ProcessReadings {
    const cpu = process.cpuUsage(this.#cpu)
    const now = performance.now()
    const loop = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(loop, this.#loop)
    const figures: ProcessReadings = {
      id: 'primary',
      role: 'primary',
      cpu: (100 * (cpu.user + cpu.system)) / 1000 / Math.max(1, now - this.#at),
      rss: process.memoryUsage.rss(),
      eventLoop: { utilization, delayMs: this.#delayMs() },
    }
    this.#cpu = process.cpuUsage()
    this.#at = now
    this.#loop = loop
    return figures
  }

  end(): void {
    this.#delay?.disable()
  }

  /** The mean; the histogram has the resolution itself in each value. */
  #delayMs(): number {
    if (!this.#delay) {
      this.#delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
      this.#delay.enable()
    }
    const mean = this.#delay.mean / 1_000_000 - RESOLUTION_MS
    this.#delay.reset()
    return Number.isFinite(mean) ? Math.max(0, mean) : 0
  }
}
