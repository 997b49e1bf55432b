import type { CodecName, EndpointRef, ModuleRef } from '../config/config.js'
import type { Amount } from '../model/amount.js'
import type { LogLevel } from '../model/logger.js'
import type { LineFormat } from '../model/region.js'
import type { ProcessId, Role } from '../model/role.js'
import type { SourceKind } from '../model/source.js'
import type { EventLoopStatus } from '../model/status.js'

/** Everything a child needs to know to take up its role. Plain JSON. */
export interface ChildSpec {
  readonly role: Role
  /** The place that it fills, as logs call it. */
  readonly process: ProcessId
  /** Workers are numbered from 1; writer and sender are 1. */
  readonly index: number
  readonly name: string
  readonly codec: CodecName
  readonly logLevel: LogLevel
  readonly maxRecord: number
  /** What this process should have in hand at the most (one record may have more bytes). */
  readonly hand: Amount
  /** Bytes that a batch it makes should not exceed; and those that none may, even if it cannot be cut. */
  readonly batchBytes: number
  readonly maxBatch: number
  /** Whether payloads may stand in memory that all processes of the pipeline share. */
  readonly sharedMemory?: boolean
  readonly writer?: {
    readonly from: EndpointRef
    readonly resume?: ResumeNote
    /** Whether workers may be told where records stand in a file, instead of being sent them. */
    readonly regions: boolean
  }
  readonly worker?: {
    readonly module: ModuleRef
    readonly concurrency: number
    /** Whether results go anywhere. */
    readonly delivers: boolean
    /** How results become lines, which is what they leave as if the sink is one of lines. Absent: as values. */
    readonly lines?: LineFormat
    /** Which bookmark it keeps in the shared memory, if it does. */
    readonly bookmark?: number
    /** Milliseconds that one record may take. */
    readonly timeout?: number
    /** Reports must cover unbroken runs of places, in order, because results leave in input order. */
    readonly inOrder?: boolean
  }
  readonly sender?: SenderSpec
}

export interface SenderSpec {
  readonly to: EndpointRef
  /** JSON: what the sink goes back to. */
  readonly state?: string
  /** Whether what the sink holds beyond that state is delivered again. */
  readonly redelivers: boolean
  /** Whether a result counts only when the sink has made it durable, because no checkpoint will. */
  readonly durably?: true
}

/** Where a new writer takes up: JSON as the dead one sent it. */
export interface ResumeNote {
  /** Absent at the very beginning of the source. */
  readonly position?: string
  /** Records before that position, which is the place of the next one. */
  readonly accepted: number
  /** Places behind it that an earlier run settled, as pairs `from, to`. */
  readonly settled?: readonly number[]
}

/** Life-cycle, over the fork's own channel, so that it never queues behind data. */
export type ToChild =
  /** Load what the role needs of the user, say `prepared`, and wait for `start`: somebody else still fills the place. */
  | { readonly type: 'prepare'; readonly spec: ChildSpec }
  | { readonly type: 'start'; readonly spec: ChildSpec }
  /** To the writer: read no more, send what is at hand, then `end`. To a worker: give back what has not begun. */
  | { readonly type: 'drain' }
  | { readonly type: 'logLevel'; readonly level: LogLevel }
  /** Nothing more will come: tear down, close, exit 0. */
  | { readonly type: 'stop' }

export type FromChild =
  /** It listens: what is told before may be lost (a cluster worker drops it while its main loads). */
  | { readonly type: 'hello' }
  | { readonly type: 'prepared' }
  /** Modules loaded, `setup` done, source or sink open. */
  | {
      readonly type: 'ready'
      readonly sourceKind?: SourceKind
      /** Of a writer: whether its source wants to be told what is settled. */
      readonly commits?: boolean
    }
  /** It cannot start, or cannot go on, and another process would fare no better. */
  | { readonly type: 'failed'; readonly code: string; readonly message: string; readonly stack?: string }
  /** The sink fails and is tried again (`reason`), or works again (none). */
  | { readonly type: 'blocked'; readonly reason?: string }
  /** How its event loop and its heap are; every few seconds, while that changes. */
  | ({ readonly type: 'vitals' } & EventLoopStatus & { readonly heapUsed: number })
  /** The reader of the sink is gone for good: end quietly. */
  | { readonly type: 'sinkClosed' }

/**
 * The numbers of the file descriptors that the data link has in a child: from the primary, and to it; and
 * that of the shared memory, if there is any.
 */
export const LINK_FDS = { read: 4, write: 5, memory: 6 } as const
