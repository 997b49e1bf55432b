import type { ProcessStatus, StatusReport } from '../model/status.js'
import type { Queue } from '../queue/contract.js'

/**
 * A queue this full has somebody slow behind it (it is refilled at half, so a full one is seen
 * between half and full); one this empty has somebody slow before it.
 */
const FULL = 0.45
const EMPTY = 0.25

/** A record in hand for so long says more than any queue. */
const STUCK_SECONDS = 2

/** Workers that are at work for so much of their time are not waiting for anybody. */
const BUSY = 0.75

/**
 * Names the stage that holds the others up, by how full the queues are: full before it, empty
 * behind it. (Records in a process's hand count towards the queue they came from.)
 */
export function bottleneckOf(parts: {
  readonly inQueue: Queue
  readonly outQueue: Queue | undefined
  readonly processes: readonly ProcessStatus[]
  /** Why the sink does not work at present, if it does not. */
  readonly sinkFails?: string | undefined
  readonly oldest?: StatusReport['oldestUnsettled']
  /** What somebody asked for that keeps records from being begun: a pause, or a rate. */
  readonly held?: string | undefined
}): StatusReport['bottleneck'] {
  const { inQueue, outQueue, processes, sinkFails, oldest, held } = parts
  if (held) return { stage: 'none', why: held }
  if (sinkFails) return { stage: 'sink', why: sinkFails }
  if (oldest && oldest.ageSeconds > STUCK_SECONDS) {
    const why = `${oldest.process} has had ${oldest.id} in hand for ${Math.round(oldest.ageSeconds)} s`
    return { stage: 'workers', why }
  }
  const inFull = fullness(inQueue)
  const outFull = outQueue ? fullness(outQueue) : 0
  const busy = mean(processes.filter(({ role }) => role === 'worker').map((worker) => worker.busy))
  const levels = `in-queue ${percent(inFull)} full, out-queue ${percent(outFull)}, workers busy ${percent(busy)}`
  if (outFull >= FULL) return { stage: 'sink', why: `results wait for the sink: ${levels}` }
  if (inFull >= FULL) return { stage: 'workers', why: `records wait for workers: ${levels}` }
  if (inFull <= EMPTY && busy < BUSY) return { stage: 'source', why: `workers wait for records: ${levels}` }
  return { stage: 'none', why: levels }
}

const fullness = ({ size, capacity }: Queue): number =>
  Math.max(size.records / capacity.records, size.bytes / capacity.bytes)

const mean = (shares: readonly number[]): number =>
  shares.length === 0 ? 0 : shares.reduce((sum, share) => sum + share, 0) / shares.length

const percent = (share: number) => `${Math.round(share * 100)} %`
