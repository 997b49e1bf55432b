import type { Histogram } from '../../model/histogram.js'
import type { Role } from '../../model/role.js'
import type { Health, ProcessStatus, StatusReport } from '../../model/status.js'
import type { RestartCount } from './restart-counts.js'

/** What a process uses and how it keeps up: of each child, and of the primary. */
export interface ProcessReadings extends Pick<ProcessStatus, 'pid' | 'rss' | 'eventLoop'> {
  readonly id: string
  readonly role: Role | 'primary'
}

/** What can keep a pipeline from moving. */
export type Obstacle = 'sink' | 'in-queue' | 'out-queue' | 'checkpoint' | 'dead letters'

export const obstacles: readonly Obstacle[] = ['sink', 'in-queue', 'out-queue', 'checkpoint', 'dead letters']

/** Everything that metrics are made of, of one moment. */
export interface Readings {
  readonly status: StatusReport
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly health: Health
  readonly ready: Health
  readonly quietSeconds: number | null
  readonly blockedBy: ReadonlySet<Obstacle>
  readonly queueBytes: number
  readonly restartIntensity: number
  readonly restarts: readonly RestartCount[]
  /** Milliseconds that the process in a place was at work, since the pipeline started. */
  readonly busyMs: ReadonlyMap<string, number>
  /** Milliseconds of processor time of the process in a place since it started, as far as it is known. */
  readonly cpuMs: ReadonlyMap<string, number>
  readonly primary: ProcessReadings
  /** Absent for a run that takes none. */
  readonly checkpoints: { readonly everyMs: number; readonly pending: boolean } | undefined
  /** Of the file system of `stateDir`; absent where there is no such folder. */
  readonly disk: { readonly freeBytes: number; readonly sizeBytes: number } | undefined
  /** Slots of the shared memory; absent where there is none. */
  readonly slots: { readonly inUse: number; readonly most: number } | undefined
  readonly flow: {
    readonly handler: Histogram
    readonly queueWait: Histogram
    readonly endToEnd: Histogram
    readonly batches: Readonly<Record<string, Histogram>>
  }
}
