import type { Activity } from '../../link/messages.js'
import type { Clock } from '../../model/clock.js'
import { FigureSampler } from '../../telemetry/figures.js'
import { type Vitals, VitalsWatch } from '../../telemetry/vitals.js'
import type { LifeCycle } from '../life-cycle.js'
import type { ChildProcess } from '../processes/child-process.js'
import type { Supervisor } from '../processes/supervisor.js'
import type { Router } from '../router/router.js'
import { SENDER } from '../topology.js'
import { BusyTimes } from './busy-times.js'
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
  readonly #busy: BusyTimes
  readonly #parts: InsightParts
  readonly #watch: VitalsWatch
  #vitals: Vitals | undefined
  #from: Way['from'] | undefined

  constructor(parts: InsightParts) {
    const { clock, router, supervisor, life } = parts
    this.#parts = parts
    this.figures = new FigureSampler({
      clock,
      pids: () => {
        const here = [...supervisor().children()].filter(({ place }) => place.host === undefined)
        return [process.pid, ...here.map(({ pid }) => pid)]
      },
    })
    this.load = new LoadMeter({
      clock,
      router,
      life,
      writerUtilization: () => supervisor().current('writer')?.vitals?.utilization ?? 0,
    })
    this.slowest = new SlowestRecords(clock)
    this.#busy = new BusyTimes(clock)
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

  /** A process takes up its work. */
  ready({ key }: ChildProcess): void {
    this.#busy.ready(key)
  }

  gone(key: string): void {
    this.#busy.gone(key)
  }

  /** A process says what it did. */
  did({ place, key }: ChildProcess, activity: Activity): void {
    this.load.did(place, activity)
    this.#busy.did(key, activity.busy)
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

  /** Share of the last 10 s, or of the time since it was ready, that a process was at work, 0 to 1. */
  busyShare({ place, key, vitals }: ChildProcess): number {
    // A writer tells nobody how long it is at something; it does nothing else.
    if (place.role === 'writer') return this.#parts.router().intake.ended ? 0 : (vitals?.utilization ?? 0)
    return this.#busy.shareOf(key, place === SENDER ? this.#unsaidBySender(key) : this.#unsaidBy(key))
  }

  #unsaidBySender(key: string): number {
    const { clock, router } = this.#parts
    return router().delivery?.unsaid(clock.now(), this.#busy.heardAt(key)) ?? 0
  }

  /** Milliseconds that a worker has been at its records without a word. */
  #unsaidBy(key: string): number {
    const { clock, router } = this.#parts
    const { dispatch } = router()
    if (dispatch.holdings(key).length === 0 || dispatch.waitsForRoom(key)) return 0
    for (const { worker, heardAt } of dispatch.ports) if (worker.key === key) return clock.now() - heardAt
    return 0
  }

  end(): void {
    this.#watch.stop()
    this.figures.close()
  }
}
