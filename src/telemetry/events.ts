import type { DeadLetterEvent } from '../model/dead-letter.js'
import type { ProcessId } from '../model/role.js'
import type { Exit, PipelineState, RestartReport, Summary } from '../model/status.js'

/** How much can be in flight: in the queues with all that is lent from them, and outside, waiting for a retry or for the dead-letter file. */
export interface Bound {
  readonly records: number
  readonly bytes: number
  readonly retries: number
}

/** Why a process is replaced as planned: somebody named it, rolled all workers, or it had grown old. */
export type RestartCause = 'asked' | 'rolled' | 'recycled'

/** How a machine ceased to lend its cores: by itself, without a word, or because its workers cannot work. */
export type Parting = 'left' | 'lost' | 'dismissed'

/** Everything that happens to a pipeline and that somebody might want to know: facts, in the past tense. */
export type PipelineEvent =
  /** A run begins; nothing is open or forked yet. */
  | { readonly type: 'primaryStarted'; readonly pid: number; readonly version: string }
  | {
      readonly type: 'pipelineStarted'
      readonly pid: number
      readonly workers: number
      readonly transport: string
      readonly resumesFrom: string
      /** The configuration file in force, if there is one. */
      readonly config: string | null
      /** Whether results go anywhere. */
      readonly delivers: boolean
      readonly bound: Bound
    }
  /** Metrics and health can be asked for there. */
  | { readonly type: 'httpOpened'; readonly url: string }
  | { readonly type: 'stateChanged'; readonly state: PipelineState; readonly reason: string | null }
  | { readonly type: 'processStarted'; readonly process: ProcessId; readonly pid: number }
  | { readonly type: 'processReady'; readonly process: ProcessId; readonly pid: number; readonly ms: number }
  | {
      readonly type: 'processExited'
      readonly process: ProcessId
      readonly pid: number
      readonly exit: Exit
      readonly planned: boolean
      readonly returned: number
      readonly why: string | null
    }
  | {
      readonly type: 'restartScheduled'
      readonly process: ProcessId
      readonly inMs: number
      readonly budgetLeft: number
    }
  | ({
      readonly type: 'processRestarted'
      readonly cause: RestartCause
      /** Of one that was recycled: what it had come to. */
      readonly why: string | null
    } & RestartReport)
  /** An old worker goes on, because no new one became ready; it is tried again later. */
  | {
      readonly type: 'recycleFailed'
      readonly process: ProcessId
      readonly why: string
      readonly error: string
    }
  /** A worker is killed because it has taken more memory than it may; bytes. */
  | {
      readonly type: 'workerTooLarge'
      readonly process: ProcessId
      readonly pid: number
      readonly rss: number
      readonly limit: number
    }
  /** A new worker did not become ready: it and those after it keep the process that they have. */
  | {
      readonly type: 'rollStopped'
      readonly process: ProcessId
      readonly restarted: number
      readonly of: number
      readonly error: string
    }
  | {
      readonly type: 'workersScaled'
      readonly from: number
      readonly to: number
      readonly handedOn: number
      readonly ms: number
    }
  /** Another machine lends its cores: `workers` are the places that it brings. */
  | {
      readonly type: 'machineJoined'
      readonly host: string
      readonly hostPid: number
      readonly workers: readonly ProcessId[]
    }
  /** It does no more, and what its workers still had in hand goes to others. */
  | {
      readonly type: 'machineLeft'
      readonly host: string
      readonly hostPid: number
      readonly workers: readonly ProcessId[]
      readonly how: Parting
      readonly why: string
    }
  | { readonly type: 'restartBudgetSpent'; readonly process: ProcessId }
  | { readonly type: 'writerLost'; readonly mayBeMissing: number }
  /** The primary of the run before this one did not end by itself; `lastPid` is null when its lock cannot be read. */
  | { readonly type: 'primaryDied'; readonly lastPid: number | null; readonly seenAt: string }
  /** Processes of a dead primary of the same state folder were found and ended. */
  | { readonly type: 'orphansEnded'; readonly pids: readonly number[] }
  | {
      readonly type: 'recordSlow'
      readonly process: ProcessId
      readonly id: string
      readonly seconds: number
    }
  /** A worker is killed because a record is over `timeout`; `id` is the oldest in its hand. */
  | {
      readonly type: 'workerHung'
      readonly process: ProcessId
      readonly pid: number
      readonly id: string | null
      readonly stack: string | null
    }
  /** What was in flight when the primary of a live source died. */
  | { readonly type: 'liveRecordsLost'; readonly records: number; readonly at: string }
  | { readonly type: 'leftoversDiscarded'; readonly queue: 'in' | 'out'; readonly batches: number }
  | {
      readonly type: 'recordRetried'
      readonly id: string
      readonly attempt: number
      readonly inMs: number
      readonly error: string
    }
  | {
      readonly type: 'recordDeadLettered'
      readonly id: string
      readonly attempts: number
      readonly error: string
      /** The file or the sink that keeps it. */
      readonly to: string
    }
  | DeadLetterEvent
  | {
      readonly type: 'progressed'
      readonly read: number
      readonly settled: number
      readonly perSecond: number
      readonly fraction: number | null
    }
  /** The workers are about to be restarted one after another, `why` a signal. */
  | { readonly type: 'reloading'; readonly why: string }
  | { readonly type: 'reloaded'; readonly seconds: number }
  /** It stopped at a worker; those that were not replaced by then stay. */
  | { readonly type: 'reloadFailed'; readonly error: string }
  /** There is work, and nothing is settled: systemd is told no more that all is well. */
  | { readonly type: 'stoodStill'; readonly why: string }
  /** The service manager cannot be told how the pipeline is. */
  | { readonly type: 'notifyFailed'; readonly reason: string }
  | { readonly type: 'pipelineFailed'; readonly code: string; readonly error: string }
  | { readonly type: 'finished'; readonly summary: Summary }

export type EventListener = (event: PipelineEvent) => void
