import { hostname } from 'node:os'
import type { Config } from '../config/config.js'
import type { Piece } from '../model/batch.js'
import { systemClock } from '../model/clock.js'
import { type Counters, sumOf } from '../model/counters.js'
import type { SourceKind } from '../model/source.js'
import type { ProcessStatus, QueueStatus, StatusReport } from '../model/status.js'
import type { Queue } from '../queue/contract.js'
import { type Figures, figuresOf } from '../telemetry/figures.js'
import { bottleneckOf } from './bottleneck.js'
import type { Checkpoints } from './checkpoints.js'
import type { LifeCycle } from './life-cycle.js'
import type { Supervisor } from './processes/supervisor.js'
import type { Progress } from './progress.js'
import { idOf } from './router/record-id.js'
import type { Router } from './router/router.js'

export interface StatusParts {
  readonly config: Config
  readonly version: string
  readonly router: Router
  readonly supervisor: Supervisor
  readonly progress: Progress
  readonly life: LifeCycle
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly sourceKind: SourceKind | undefined
  readonly checkpoints: Checkpoints
  /** The account of all runs before this one. */
  readonly before: Counters
}

/** Gathers what `millrace status --json` prints. */
export async function reportStatus(parts: StatusParts): Promise<StatusReport> {
  const { config, router, life, sourceKind, before } = parts
  // First, because it takes its time: all that follows is of one moment, or the account would not add up.
  const processes = await processesOf(parts)
  const oldest = oldestOf(parts)
  const { account, inQueue, outQueue, intake, retries, lastSettled } = router
  const { returned: _, ...counters } = account.counters
  return {
    schema: 1,
    version: parts.version,
    name: config.name,
    host: hostname(),
    pid: process.pid,
    state: life.state,
    since: life.since.toISOString(),
    reason: life.reason,
    transport: config.transport.kind,
    uptimeSeconds: secondsSince(parts.startedAt),
    rate: router.rate.perSecond ?? null,
    counters: { ...counters, inFlight: account.inFlight, waitingForRetry: retries.waiting },
    total: sumOf(before, account.counters),
    queues: { in: queueStatus(inQueue), out: outQueue ? queueStatus(outQueue) : noQueue },
    processes,
    oldestUnsettled: oldest,
    lastSettledSecondsAgo:
      lastSettled === undefined ? null : rounded((systemClock.now() - lastSettled) / 1000),
    checkpoint: checkpointStatus(parts),
    source: {
      kind: sourceKind ?? null,
      lag: intake.progress.lag ?? null,
      fraction: intake.progress.fraction ?? null,
    },
    deadLetters: router.letters.count,
    bottleneck: bottleneckOf({
      inQueue,
      outQueue,
      processes,
      sinkFails: life.blockedBy('sender'),
      oldest,
      held: heldBy(parts),
    }),
  }
}

/** What was asked for, and not what is slow, if that is why records wait. */
function heldBy({ life, router }: StatusParts): string | undefined {
  if (life.state === 'paused') return `it is paused: ${life.reason}`
  const { rate } = router
  const now = systemClock.now()
  const isHeld = rate.perSecond !== undefined && (rate.nextAt(now) ?? 0) > now
  return isHeld ? `records wait for their turn: the rate is ${rate.perSecond} a second` : undefined
}

async function processesOf({ router, supervisor, progress }: StatusParts): Promise<ProcessStatus[]> {
  const children = [...supervisor.children()]
  const figures = await figuresOf(children.map(({ pid }) => pid))
  const statuses: ProcessStatus[] = []
  for (const post of supervisor.posts) {
    const { place, current, restarts, lastExit } = post
    const done = progress.of(place.id)
    const used: Figures | undefined = current && figures.get(current.pid)
    const uptime = current ? secondsSince(current.since) : null
    statuses.push({
      id: place.id,
      role: place.role,
      pid: current?.pid ?? null,
      state: post.state,
      restarts,
      restartBudgetLeft: supervisor.budgetLeft(post),
      lastExit,
      uptimeSeconds: uptime,
      cpu: used?.cpu ?? null,
      rss: used?.rss ?? null,
      eventLoop: null,
      inHand: current ? router.inHand(current) : 0,
      credit: current ? router.credit(current) : 0,
      handled: done.handled,
      busy: current ? progress.busyShare(place.id) : 0,
    })
  }
  return statuses
}

/** The record that has been in one process's hand for longest. */
export function oldestOf({
  router,
  supervisor,
}: Pick<StatusParts, 'router' | 'supervisor'>): StatusReport['oldestUnsettled'] {
  let oldest: { process: string; since: number; piece: Piece } | undefined
  for (const child of supervisor.children()) {
    const [first] = child.place.role === 'worker' ? router.dispatch.holdings(child.key) : []
    if (first && (!oldest || first.since < oldest.since))
      oldest = { process: child.place.id, since: first.since, piece: first.piece }
  }
  const batch = oldest?.piece.batch
  return oldest && batch
    ? {
        id: idOf(oldest.piece),
        process: oldest.process,
        ageSeconds: rounded((systemClock.now() - oldest.since) / 1000),
      }
    : null
}

/** The last checkpoint: of this run, or the one that it resumed from. */
function checkpointStatus({ checkpoints }: StatusParts): StatusReport['checkpoint'] {
  const { last } = checkpoints
  if (!last) return null
  const ageSeconds = rounded((systemClock.now() - last.at) / 1000)
  return { ageSeconds, position: last.draft.position ?? '' }
}

const queueStatus = ({ size, capacity }: Queue): QueueStatus => ({
  size: size.records,
  capacity: capacity.records,
  bytes: size.bytes,
})

const noQueue: QueueStatus = { size: 0, capacity: 0, bytes: 0 }

const secondsSince = (then: number) => rounded((Date.now() - then) / 1000)

const rounded = (seconds: number) => Math.round(seconds * 1000) / 1000
