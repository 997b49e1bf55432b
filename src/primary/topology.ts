import type { Config, EndpointRef } from '../config/config.js'
import type { ChildSpec, ResumeNote } from '../link/control.js'
import type { ProcessId, Role } from '../model/role.js'
import { processId } from '../model/role.js'
import type { Bound } from '../telemetry/events.js'

/** Bytes that a batch should not exceed: large enough to make its overhead small, small enough to spread. */
const BATCH_BYTES = 128 * 2 ** 10

/** Bytes that one frame of a link can carry, with room for its header. */
const LARGEST_BATCH = 2 ** 29

/** A place in the pipeline that a process fills. */
export interface Place {
  readonly id: ProcessId
  readonly role: Role
  readonly index: number
}

/** What may differ from one process in a place to the next: where it takes up. */
export interface Takeover {
  readonly resume?: ResumeNote | undefined
  readonly sinkState?: string | undefined
  /** Whether what the sink holds beyond its state is delivered again. Default: true. */
  readonly redelivers?: boolean
}

/** Which places a configuration makes: one writer, its workers, and a sender if results go anywhere. */
export function placesOf(config: Config): Place[] {
  const place = (role: Role, index: number): Place => ({ id: processId(role, index), role, index })
  return [
    ...(config.sender ? [place('sender', 1)] : []),
    ...Array.from({ length: config.workers }, (_, index) => place('worker', index + 1)),
    place('writer', 1),
  ]
}

/**
 * What the process in a place is told.
 *
 * @param largestBatch what the transport lets through at once, if it has a limit
 */
export function specFor(
  place: Place,
  config: Config,
  takeover: Takeover,
  largestBatch = Infinity,
): ChildSpec {
  const maxRecord = Math.min(config.maxRecord, largestBatch)
  return {
    role: place.role,
    index: place.index,
    name: config.name,
    codec: config.codec,
    logLevel: config.log.level,
    maxRecord,
    handBytes: Math.max(2 * BATCH_BYTES, Math.floor(config.queueBytes / (4 * config.workers))),
    batchBytes: Math.min(BATCH_BYTES, Math.floor(config.queueBytes / 8), largestBatch),
    maxBatch: Math.min(LARGEST_BATCH, largestBatch),
    ...(place.role === 'writer' && {
      writer: { from: config.writer, ...(takeover.resume && { resume: takeover.resume }) },
    }),
    ...(place.role === 'worker' && {
      worker: {
        module: config.worker,
        concurrency: config.concurrency,
        delivers: config.sender !== undefined,
        ...(config.timeout !== undefined && { timeout: config.timeout }),
        ...(config.order === 'input' && { inOrder: true as const }),
      },
    }),
    ...(place.role === 'sender' &&
      config.sender && {
        sender: {
          to: config.sender,
          redelivers: takeover.redelivers ?? true,
          ...(takeover.sinkState !== undefined && { state: takeover.sinkState }),
        },
      }),
  }
}

/** Which of the primary's own streams a child gets to use as they are. */
export function stdioFor(
  place: Place,
  config: Config,
): { readonly stdin: boolean; readonly stdout: boolean } {
  return {
    stdin: place.role === 'writer' && uses(config.writer, 'stdin'),
    stdout: place.role === 'sender' && uses(config.sender, 'stdout'),
  }
}

const uses = (endpoint: EndpointRef | undefined, scheme: string): boolean =>
  endpoint !== undefined && 'connector' in endpoint && endpoint.connector.scheme === scheme

/** What can be in flight at once, as printed at start. */
export function boundOf(config: Config): Bound {
  const queues = config.sender ? 2 : 1
  return {
    records: config.inQueue + (config.sender ? config.outQueue : 0),
    bytes: queues * config.queueBytes,
    retries: config.inQueue,
  }
}
