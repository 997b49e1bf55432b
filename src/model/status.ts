import type { Counters } from './counters.js'
import type { DeadLetters } from './dead-letter.js'
import type { EventEntry, EventRequest, ProfileRequest, StackReport } from './inspection.js'
import type { LogLevel } from './logger.js'
import type { ProcessId, ProcessState, Role } from './role.js'
import type { SourceKind } from './source.js'

export const pipelineStates = [
  'starting',
  'running',
  'blocked',
  'paused',
  'draining',
  'finished',
  'failed',
] as const

export type PipelineState = (typeof pipelineStates)[number]

export type { ProcessState } from './role.js'

/** How a process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: string | null
  /** ISO 8601. */
  readonly at: string
  /** As a phrase: `exit code 3`, `killed by SIGKILL`, `out of memory: V8 heap limit`, … */
  readonly reason: string
  /** Whether it had reached a limit of memory: V8's, the kernel's or ours. */
  readonly outOfMemory: boolean
  /** The last lines that it wrote, and the error that it ended with: 20 of them, and 4 kB, at the most. */
  readonly lastLines: readonly string[]
}

export interface QueueStatus {
  readonly size: number
  readonly capacity: number
  readonly bytes: number
  /** Since when the oldest record that waits in it has been read; null when none waits, or it is not known. */
  readonly ageSeconds: number | null
  /** Share of the last 10 s that it let nothing more in, 0 to 1. */
  readonly fullShare: number
  /** Share of the last 10 s that nothing waited in it, 0 to 1. */
  readonly emptyShare: number
}

/** How the time of a stage divides up; the three add up to 1. */
export interface StageShares {
  /** At work. */
  readonly busy: number
  /** It could work, and there was nothing for it. */
  readonly idle: number
  /** It could not go on, because nobody took what it had. */
  readonly blocked: number
}

export interface Stages {
  readonly writer: StageShares
  readonly workers: StageShares
  /** Null when results go nowhere. */
  readonly sender: StageShares | null
}

/** A record whose handler took long. */
export interface SlowRecord {
  readonly id: string
  readonly process: ProcessId
  readonly seconds: number
  /** So many records took this time together, `id` being the last of them: usually 1. */
  readonly records: number
}

/** What a process says of its own event loop, as it last did. */
export interface EventLoopStatus {
  /** Share of the last few seconds that it was busy, 0 to 1. */
  readonly utilization: number
  /** How late its latest timer of these seconds was, in milliseconds. */
  readonly delayMs: number
}

/** What is holding the others up: a stage, the primary between them, or nothing. */
export type BottleneckStage = 'source' | 'workers' | 'sink' | 'primary' | 'none'

export interface ProcessStatus {
  readonly id: ProcessId
  readonly role: Role
  /** The machine that it runs on, if that is not the pipeline's own. */
  readonly host: string | null
  /** On its own machine. */
  readonly pid: number | null
  readonly state: ProcessState
  readonly restarts: number
  readonly restartBudgetLeft: number
  readonly lastExit: Exit | null
  readonly uptimeSeconds: number | null
  /** Percent of one core; null until it was sampled. */
  readonly cpu: number | null
  /** Bytes of resident memory. */
  readonly rss: number | null
  /** Null until it said. */
  readonly eventLoop: EventLoopStatus | null
  /** Bytes of its JavaScript heap that are in use; null until it said. */
  readonly heapUsed: number | null
  readonly inHand: number
  readonly credit: number
  readonly handled: number
  /** Share of the last 10 s, or of the time since it was ready, that it was at work, 0 to 1. */
  readonly busy: number
}

/** What a supervisor from outside wants to know: whether a pipeline is as it should be, and in a sentence why. */
export interface Health {
  readonly ok: boolean
  readonly why: string
}

/** What `millrace status --json` prints. */
export interface StatusReport {
  readonly schema: 1
  readonly version: string
  readonly name: string
  readonly host: string
  readonly pid: number
  readonly state: PipelineState
  /** ISO 8601: since when it is in this state. */
  readonly since: string
  readonly reason: string | null
  readonly transport: 'ipc' | 'nats'
  readonly uptimeSeconds: number
  /** Records that handlers begin a second at the most; null without a limit. */
  readonly rate: number | null
  readonly counters: Omit<Counters, 'returned'> & {
    readonly inFlight: number
    readonly waitingForRetry: number
  }
  /** Over all runs since the source's beginning. Without a checkpoint every run begins there, so this run's. */
  readonly total: Counters
  readonly queues: { readonly in: QueueStatus; readonly out: QueueStatus }
  readonly processes: readonly ProcessStatus[]
  /** The process that all others belong to. */
  readonly primary: Pick<ProcessStatus, 'cpu' | 'rss' | 'eventLoop' | 'heapUsed'>
  /** Cores that this machine, or its container, lets us use; and how many all processes here together do. */
  readonly cores: { readonly available: number; readonly used: number | null }
  /** Records a second over the last 10 s. */
  readonly perSecond: { readonly read: number; readonly settled: number }
  /** Over the last 10 s. */
  readonly stages: Stages
  /** The same since the pipeline runs. */
  readonly stagesSinceStart: Stages
  /** Of the last minutes, the slowest first; only records that took longer than a tenth of a second. */
  readonly slowest: readonly SlowRecord[]
  /** The record that has been in a worker's hand for longest. */
  readonly oldestUnsettled: {
    readonly id: string
    readonly process: ProcessId
    readonly ageSeconds: number
  } | null
  readonly lastSettledSecondsAgo: number | null
  /** Null as long as nothing is checkpointed. */
  readonly checkpoint: { readonly ageSeconds: number; readonly position: string } | null
  readonly source: {
    readonly kind: SourceKind | null
    readonly lag: number | null
    readonly fraction: number | null
  }
  /** Estimated by the recent rate, of a source that has an end; null when nothing can be said. */
  readonly secondsToEnd: number | null
  /** Dead letters that there are, of all runs. */
  readonly deadLetters: number
  readonly bottleneck: { readonly stage: BottleneckStage; readonly why: string }
}

/** Records, or results, that a process has in its hand: a run of them, lent together. */
export interface HeldRun {
  readonly process: ProcessId
  readonly pid: number
  readonly what: 'records' | 'results'
  /** Of the first of them. */
  readonly id: string
  /** Null where nobody has counted them: a part of a file that is not read yet. */
  readonly count: number | null
  readonly attempt: number
  /** Since it was lent. */
  readonly ageSeconds: number
}

/** A record whose attempt failed. */
export interface WaitingRetry {
  readonly id: string
  /** The attempt that it waits for. */
  readonly attempt: number
  /** 0 when it is due and waits for a worker. */
  readonly dueInSeconds: number
}

/** Where the records are that were read and are not settled. */
export interface InFlightReport {
  readonly name: string
  readonly inFlight: number
  /** What waits in the queues, for a retry, or for another record of its key; what is lent is in {@link processes}. */
  readonly waiting: {
    readonly in: number
    readonly out: number
    readonly retry: number
    readonly key: number
  }
  readonly processes: readonly {
    readonly process: ProcessId
    readonly pid: number
    readonly inHand: number
  }[]
  /** The oldest first. */
  readonly held: readonly HeldRun[]
  /** Runs that are not listed. */
  readonly more: number
  /** The next first. */
  readonly retries: readonly WaitingRetry[]
}

export type Outcome = 'finished' | 'drained' | 'stopped' | 'failed'

/** The `finished` event and `summary.json`. */
export interface Summary extends Counters {
  readonly name: string
  readonly outcome: Outcome
  /** How many of those returned cannot be read again, because their source is live. */
  readonly lost: number
  readonly restarts: Readonly<Record<Role, number>>
  /** From `running` to the last settlement. */
  readonly seconds: number
  readonly perSecond: number
  /** Over all runs since the source's beginning. */
  readonly total: Counters
}

/** What a planned restart did. */
export interface RestartReport {
  readonly process: ProcessId
  /** Null when nobody was in the place, because it waited for its backoff. */
  readonly oldPid: number | null
  /** Null when that is gone again already; it is replaced like any other. */
  readonly newPid: number | null
  readonly milliseconds: number
  /** Records that the old process had in hand and had not begun; they went to others, and are done once. */
  readonly handedOn: number
  /** Whether a signal ended the old process, such as at the deadline of its drain. */
  readonly killed?: boolean
  /** Records that the old process had in hand when it ended; they went to others, and are done twice. */
  readonly returned?: number
}

/** What a roll did: all workers, one after another. */
export interface RollReport {
  readonly target: 'workers'
  readonly restarted: readonly RestartReport[]
  /** Workers that were to be restarted, and whose machine left or was lost before. */
  readonly skipped: readonly ProcessId[]
  readonly milliseconds: number
}

/** What became of the number of workers. */
export interface ScaleReport {
  readonly name: string
  readonly from: number
  readonly to: number
  /** Records that workers which left had in hand and had not begun; they went to others. */
  readonly handedOn: number
  readonly milliseconds: number
}

/** The level that a pipeline logs at. */
export interface LogLevelReport {
  readonly name: string
  readonly level: LogLevel
}

/** How a pipeline is after it was told to pause, or to go on. */
export interface PauseReport {
  readonly name: string
  readonly state: PipelineState
  readonly reason: string | null
  /** Records read and not yet settled. */
  readonly inFlight: number
}

/** How a pipeline is that was told to drain. */
export interface DrainReport {
  readonly name: string
  readonly state: PipelineState
  /** Records read and not yet settled. */
  readonly inFlight: number
}

/** The limit that a pipeline was given. */
export interface RateReport {
  readonly name: string
  /** Null for none. */
  readonly perSecond: number | null
}

/** Metrics as text, for whoever scrapes them. */
export interface Exposition {
  readonly contentType: string
  readonly text: string
}

/** Prometheus' own text format, or OpenMetrics 1.0. */
export type ExpositionFormat = 'prometheus' | 'openmetrics'

/** What can be seen of a running pipeline from outside. */
export interface Observable {
  status(): Promise<StatusReport>
  /** Whether it makes progress or has nothing to do. */
  health(): Health
  /** Whether it takes part in the work. */
  readiness(): Health
  metrics(format: ExpositionFormat): Promise<Exposition>
}

/** What can be done to a running pipeline from outside. */
export interface Controllable extends Observable {
  readonly name: string
  readonly stateDir: string
  readonly dead: DeadLetters
  /** @param limit runs of records to list, and retries, at the most */
  inFlight(limit: number): InFlightReport
  /**
   * Replaces a process without losing or doubling a record: `worker:2`, `writer` or `sender`; or `workers`,
   * one after another, as long as each new one becomes ready.
   *
   * @throws MillraceError `unknown_target`, `not_replaceable`, `not_running`; `boot_failed` when a new
   *   process does not become ready, and then the old one stays
   */
  restart(target: string): Promise<RestartReport | RollReport>
  /**
   * Has so many workers on this machine from now on, until the pipeline ends. Those that leave finish what they have begun.
   *
   * @throws MillraceError `bad_usage`, `not_running`; `boot_failed` when a new one does not become ready,
   *   and then none is added
   */
  scale(workers: number): Promise<ScaleReport>
  /** Logs at this level from now on, in every process. */
  setLogLevel(level: LogLevel): void
  /**
   * Reads and begins nothing more; what is in hand is finished and delivered.
   *
   * @throws MillraceError `not_running` when the pipeline is ending
   */
  pause(): void
  /** Takes back every pause, whoever asked for it. */
  resume(): void
  /** @param perSecond records that handlers begin a second at the most; null for no limit */
  setRate(perSecond: number | null): void
  /**
   * Where the process `worker:2` is at this moment, even in an endless loop.
   *
   * @throws MillraceError `unknown_target`, `no_answer`
   */
  stack(target: string): Promise<StackReport>
  /**
   * What a process spends its time on: the bytes of a `.cpuprofile`.
   *
   * @throws MillraceError `unknown_target`, `no_answer`, `profile_running`
   */
  profile(request: ProfileRequest): Promise<Buffer>
  /** What happened, the newest last. */
  events(request: EventRequest): AsyncIterable<EventEntry>
  /** Reads no more, works off what was read, and ends; begins that at once. */
  drain(why: string): void
  /** Ends at once; what is in flight is returned to the source. */
  stopNow(): void
}
