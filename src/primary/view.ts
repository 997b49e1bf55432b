import type { Config } from '../config/config.js'
import { systemClock } from '../model/clock.js'
import type { Pulse } from '../model/pulse.js'
import type { Exposition, ExpositionFormat, Health, InFlightReport, StatusReport } from '../model/status.js'
import { healthOf, readinessOf } from '../telemetry/health.js'
import { expose } from '../telemetry/metrics/exposition.js'
import type { Parts } from './assembly.js'
import { reportInFlight } from './insight/in-flight.js'
import type { Start } from './options.js'
import { type ReadingsParts, signsOf, takeReadings } from './readings.js'
import { reportStatus, type StatusParts } from './status.js'

/** What can be seen of a pipeline from outside. Looking changes nothing. */
export class View {
  readonly #config: Config
  readonly #start: Start
  readonly #parts: Parts
  readonly #startedAt = Date.now()

  constructor(config: Config, start: Start, parts: Parts) {
    this.#config = config
    this.#start = start
    this.#parts = parts
  }

  async status(): Promise<StatusReport> {
    return reportStatus(this.#statusParts)
  }

  health(): Health {
    return healthOf(signsOf(this.#readingsParts))
  }

  readiness(): Health {
    return readinessOf(this.#parts.life)
  }

  async metrics(format: ExpositionFormat): Promise<Exposition> {
    return expose(await takeReadings(this.#readingsParts), format)
  }

  /** How it is now; cheap enough to be asked every second. */
  get pulse(): Pulse {
    const { life, router } = this.#parts
    const { settled, inFlight, counters } = router.account
    const { state, reason } = life
    return { state, reason, read: counters.read, settled, inFlight, health: this.health() }
  }

  inFlight(limit: number): InFlightReport {
    const { router, crew } = this.#parts
    const children = crew.supervisor.children()
    return reportInFlight({ name: this.#config.name, router, children, now: systemClock.now() }, limit)
  }

  get #readingsParts(): ReadingsParts {
    const { restarts, retryWaits } = this.#start
    return { ...this.#statusParts, restarts, retryWaits, memory: this.#parts.memory }
  }

  get #statusParts(): StatusParts {
    const { router, crew, progress, insight, life, checkpoints } = this.#parts
    return {
      ...{ config: this.#config, version: this.#start.version, startedAt: this.#startedAt },
      ...{ router, progress, insight, life, checkpoints },
      supervisor: crew.supervisor,
      sourceKind: crew.sourceKind,
      before: this.#start.state.before,
    }
  }
}
