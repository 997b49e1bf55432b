import type { CodecName, Config, EndpointRef } from '../config/config.js'
import { letterSinkOf } from '../config/dead-letter-place.js'
import { lineFormatOf } from '../lines/records.js'
import type { ChildSpec, ResumeNote, SenderSpec } from '../link/control.js'
import { SLOT_CAPACITY } from '../link/slot-file.js'
import type { Amount } from '../model/amount.js'
import type { LineFormat } from '../model/region.js'
import type { ProcessId, Role } from '../model/role.js'
import type { Bound } from '../telemetry/events.js'

/**
 * Bytes that a batch should not exceed: large enough to make its overhead small, small enough to spread.
 * Over a link more cost more, since they pass through a socket's buffer in pieces; in shared memory they
 * are as large as a slot.
 */
const BATCH_BYTES = 128 * 2 ** 10

/** Records that a process may have in hand however small its queue is; then the queue is the bound. */
const LARGE_HAND = 8192

/** Bytes that one frame of a link can carry, with room for its header. */
const LARGEST_BATCH = 2 ** 29

/** Letters are plain JSON, whatever the records are. */
export const LETTER_CODEC: CodecName = 'json'

/** A place in the pipeline that a process fills. */
export interface Place {
  readonly id: ProcessId
  readonly role: Role
  readonly index: number
  /** The machine that its process runs on, if that is not this one. */
  readonly host?: string
}

const WRITER: Place = { id: 'writer', role: 'writer', index: 1 }
export const SENDER: Place = { id: 'sender', role: 'sender', index: 1 }

/** The place of the sender that delivers dead letters, if they go to a sink. */
export const LETTERS: Place = { id: 'dead-letters', role: 'sender', index: 1 }

/** What may differ from one process in a place to the next: where it takes up. */
export interface Takeover {
  readonly resume?: ResumeNote | undefined
  readonly sinkState?: string | undefined
  /** Whether what the sink holds beyond its state is delivered again. Default: true. */
  readonly redelivers?: boolean
}

/** Which places a configuration makes: one writer, its workers, and a sender if results go anywhere. */
export function placesOf(config: Config): Place[] {
  return [
    ...(letterSinkOf(config) ? [LETTERS] : []),
    ...(config.sender ? [SENDER] : []),
    ...workerPlaces(1, config.workers),
    WRITER,
  ]
}

/** The places of the workers with these numbers, both included. */
export function workerPlaces(from: number, to: number): Place[] {
  return placesNumbered(Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i))
}

/** @param host the machine that the workers are on, if that is not this one */
export const placesNumbered = (numbers: readonly number[], host?: string): Place[] =>
  numbers.map((index) => ({
    id: `worker:${index}`,
    role: 'worker',
    index,
    ...(host !== undefined && { host }),
  }))

/** How batches get from one process to another. */
export interface Carriage {
  /** Bytes that the transport lets through at once, if it has a limit. */
  readonly largestBatch?: number
  readonly sharedMemory?: boolean
  /** Which bookmark of the shared memory a worker keeps. */
  readonly bookmark?: number | undefined
}

const batchBytes = ({ sharedMemory }: Carriage): number => (sharedMemory ? SLOT_CAPACITY : BATCH_BYTES)

/** What a process has in hand still counts for its queue; no process should have all of a large one. */
const handOf = (
  { role }: Place,
  { inQueue, outQueue, queueBytes, workers }: Config,
  carriage: Carriage,
): Amount => ({
  records: Math.max(LARGE_HAND, Math.floor((role === 'sender' ? outQueue : inQueue) / 2)),
  bytes: Math.max(2 * batchBytes(carriage), Math.floor(queueBytes / (4 * workers))),
})

/** What the process in a place is told. */
export function specFor(
  place: Place,
  config: Config,
  takeover: Takeover,
  carriage: Carriage = {},
): ChildSpec {
  const { largestBatch = Infinity, sharedMemory = false, bookmark } = carriage
  const maxRecord = Math.min(config.maxRecord, largestBatch)
  const lines = linesTo(config.sender)
  return {
    role: place.role,
    process: place.id,
    index: place.index,
    name: config.name,
    codec: place === LETTERS ? LETTER_CODEC : config.codec,
    logLevel: config.log.level,
    maxRecord,
    hand: handOf(place, config, carriage),
    batchBytes: Math.min(batchBytes(carriage), Math.floor(config.queueBytes / 8), largestBatch),
    maxBatch: Math.min(LARGEST_BATCH, largestBatch),
    ...(sharedMemory && { sharedMemory }),
    ...(place.role === 'writer' && {
      writer: {
        from: config.writer,
        regions: config.transport.kind === 'ipc',
        ...(takeover.resume && { resume: takeover.resume }),
      },
    }),
    ...(place.role === 'worker' && {
      worker: {
        module: config.worker,
        concurrency: config.concurrency,
        delivers: config.sender !== undefined,
        ...(lines && { lines }),
        ...(bookmark !== undefined && { bookmark }),
        ...(config.timeout !== undefined && { timeout: config.timeout }),
        ...(config.order === 'input' && { inOrder: true as const }),
      },
    }),
    ...(place.role === 'sender' && { sender: senderSpec(place, config, takeover) }),
  }
}

/**
 * How results become lines, if they are delivered to a sink that writes these: workers make them
 * then, side by side, and the one sender only writes.
 */
const linesTo = (sink: EndpointRef | undefined): LineFormat | undefined =>
  sink && 'connector' in sink && (uses(sink, 'file') || uses(sink, 'stdout'))
    ? lineFormatOf(sink.connector.options)
    : undefined

function senderSpec(place: Place, config: Config, takeover: Takeover): SenderSpec {
  // No run knows what the one before had delivered: it goes on behind that.
  if (place === LETTERS) return { to: letterSinkOf(config)!, redelivers: false, durably: true }
  return {
    to: config.sender!,
    redelivers: takeover.redelivers ?? true,
    ...(takeover.sinkState !== undefined && { state: takeover.sinkState }),
  }
}

/** Which of the primary's own streams a child gets to use as they are. */
export function stdioFor(
  place: Place,
  config: Config,
): { readonly stdin: boolean; readonly stdout: boolean } {
  return {
    stdin: place.role === 'writer' && uses(config.writer, 'stdin'),
    stdout: place === SENDER && uses(config.sender, 'stdout'),
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
