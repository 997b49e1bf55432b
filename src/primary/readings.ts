import { statfs } from 'node:fs/promises'
import { systemClock } from '../model/clock.js'
import type { Figures } from '../telemetry/figures.js'
import { healthOf, patienceOf, readinessOf, type Signs } from '../telemetry/health.js'
import { type Obstacle, obstacles, type Readings } from '../telemetry/metrics/readings.js'
import type { RestartCounts } from '../telemetry/metrics/restart-counts.js'
import type { RetryWaits } from '../telemetry/retry-waits.js'
import { figuresOf } from './insight/figures-of.js'
import type { LifeCycle } from './life-cycle.js'
import type { SharedMemory } from './shared-memory.js'
import { oldestOf, reportStatus, type StatusParts } from './status.js'

export interface ReadingsParts extends StatusParts {
  readonly restarts: RestartCounts
  readonly retryWaits: RetryWaits
  readonly memory: Pick<SharedMemory, 'slots'> | undefined
}

/** What tells whether the pipeline moves. Asks nobody, and costs a look at each process. */
export function signsOf(parts: ReadingsParts): Signs {
  const { config, life, router, retryWaits } = parts
  const { quietSince } = router
  const now = systemClock.now()
  return {
    state: life.state,
    reason: life.reason,
    inStateSeconds: (Date.now() - life.since.getTime()) / 1000,
    inFlight: router.account.inFlight,
    waitingForRetry: router.retries.waiting,
    quietSeconds: quietSince === undefined ? null : (now - quietSince) / 1000,
    sinceRetrySeconds: retryWaits.until === undefined ? null : (now - retryWaits.until) / 1000,
    patienceSeconds: patienceOf(config, router.rate.perSecond ?? null),
    oldest: oldestOf(parts),
  }
}

/**
 * Reads everything that metrics are made of. What takes its time comes first: counts and histograms
 * are of one moment, or they would not add up.
 */
export async function takeReadings(parts: ReadingsParts): Promise<Readings> {
  const { config, router, life, checkpoints, progress, insight } = parts
  const disk = await diskOf(config.stateDir)
  const figures = await insight.figures.sample()
  const status = await reportStatus(parts)
  const signs = signsOf(parts)
  return {
    status,
    startedAt: parts.startedAt,
    health: healthOf(signs),
    ready: readinessOf(signs),
    quietSeconds: signs.quietSeconds,
    blockedBy: new Set(obstacles.filter((obstacle) => isInTheWay(obstacle, life))),
    queueBytes: config.queueBytes,
    restartIntensity: config.restart.intensity,
    restarts: parts.restarts.all,
    busyMs: new Map(status.processes.map(({ id }) => [id, progress.of(id).busy])),
    cpuMs: cpuTimesOf(parts, figures),
    primary: { id: 'primary', role: 'primary', pid: status.pid, ...status.primary },
    checkpoints: checkpoints.keeps
      ? { everyMs: config.checkpoint.every, pending: checkpoints.pending }
      : undefined,
    disk,
    slots: parts.memory?.slots,
    flow: router.flow,
  }
}

function cpuTimesOf(
  { supervisor }: Pick<StatusParts, 'supervisor'>,
  seenHere: ReadonlyMap<number, Figures>,
): Map<string, number> {
  const times = new Map<string, number>()
  const note = (id: string, used: Figures | undefined) => used && times.set(id, used.cpuMs)
  note('primary', seenHere.get(process.pid))
  for (const { place, current } of supervisor.posts) note(place.id, current && figuresOf(current, seenHere))
  return times
}

/** Who says that it blocks the pipeline, where that is not called as the obstacle is. */
const blockers: { readonly [It in Obstacle]?: readonly string[] } = {
  sink: ['sender'],
  'dead letters': ['dead letters', 'dead-letters'],
}

const isInTheWay = (obstacle: Obstacle, life: LifeCycle): boolean =>
  (blockers[obstacle] ?? [obstacle]).some((where) => life.blockedBy(where) !== undefined)

/** The file system of a folder; undefined as long as there is no such folder. */
async function diskOf(folder: string): Promise<Readings['disk']> {
  const found = await statfs(folder).catch(() => undefined)
  return found && { freeBytes: found.bavail * found.bsize, sizeBytes: found.blocks * found.bsize }
}
