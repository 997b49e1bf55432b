import type { Activity } from '../../link/messages.js'
import type { Clock } from '../../model/clock.js'
import { FigureSampler } from '../../telemetry/figures.js'
import { type Vitals, VitalsWatch } from '../../telemetry/vitals.js'
import type { LifeCycle } from '../life-cycle.js'
import type { ChildProcess } from '../processes/child-process.js'
import type { Supervisor } from '../processes/supervisor.js'
import type { Router } from '../router/router.js'
import { LoadMeter } from './load.js'
import { SlowestRecords } from './slowest.js'
import type { Way } from './time-left.js'

export interface InsightParts {
  readonly clock: Clock
  readonly router: () => Router
  readonly supervisor: () => Supervisor
  readonly life: LifeCycle
  /** Whether an earlier run has read some of the source. */
  readonly resumes: boolean
}

/** Everything by which a running pipeline can be told why it is as fast as it is. */
export class Insight {
  readonly figures: FigureSampler
  readonly load: LoadMeter
  readonly slowest: SlowestRecords
  readonly #parts: InsightParts
  readonly #watch: VitalsWatch
  #vitals: Vitals | undefined
  #from: Way['from'] | undefined

  constructor(parts: InsightParts) {
    const { clock, router, supervisor, life } = parts
    this.#parts = parts
    this.figures = new FigureSampler({
      clock,
      pids: () => [process.pid, ...[...supervisor().children()].map(({ pid }) => pid)],
    })
    this.load = new LoadMeter({
      clock,
      router,
      life,
      writerUtilization: () => supervisor().current('writer')?.vitals?.utilization ?? 0,
    })
    this.slowest = new SlowestRecords(clock)
    this.#watch = new VitalsWatch((vitals) => {
      this.#vitals = vitals
    })
  }

  /** How the primary's own event loop is, as it last was found. */
  get vitals(): Vitals | undefined {
    return this.#vitals
  }

  /** How much of the source was read when this run began: nothing, or what the first look at it said. */
  get from(): Way['from'] {
    return this.#from ?? { fraction: 0, read: 0 }
  }

  /** The pipeline runs. */
  begin(): void {
    this.#watch.start()
    this.load.begin()
  }

  /** A process says what it did. */
  did({ place }: ChildProcess, activity: Activity): void {
    this.load.did(place, activity)
    if (activity.slowest) this.slowest.note(place.id, activity.slowest)
  }

  /** Records moved, or could not. */
  moved(): void {
    this.load.moved()
    if (this.#from || !this.#parts.resumes) return
    const { account, intake } = this.#parts.router()
    const { fraction } = intake.progress
    if (fraction !== undefined) this.#from = { fraction, read: account.counters.read }
  }

  end(): void {
    this.#watch.stop()
    this.figures.close()
  }
}
