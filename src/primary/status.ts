import { hostname } from 'node:os'
import { availableCpus } from '../config/available-cpus.js'
import type { Config } from '../config/config.js'
import type { Piece } from '../model/batch.js'
import { systemClock } from '../model/clock.js'
import { type Counters, sumOf } from '../model/counters.js'
import type { SourceKind } from '../model/source.js'
import type { ProcessStatus, QueueStatus, StatusReport } from '../model/status.js'
import type { Queue } from '../queue/contract.js'
import type { Figures } from '../telemetry/figures.js'
import type { Vitals } from '../telemetry/vitals.js'
import type { Checkpoints } from './checkpoints.js'
import { bottleneckOf } from './insight/bottleneck.js'
import type { Facts } from './insight/facts.js'
import { figuresOf } from './insight/figures-of.js'
import type { Insight } from './insight/insight.js'
import type { LoadGrowth } from './insight/load.js'
import { stagesOf } from './insight/stages.js'
import { secondsToEnd } from './insight/time-left.js'
import type { LifeCycle } from './life-cycle.js'
import type { Supervisor } from './processes/supervisor.js'
import type { Progress } from './progress.js'
import { inFlowOrder } from './roster.js'
import { idOf } from './router/record-id.js'
import type { Router } from './router/router.js'
import { SENDER } from './topology.js'

export interface StatusParts {
  readonly config: Config
  readonly version: string
  readonly router: Router
  readonly supervisor: Supervisor
  readonly progress: Progress
  readonly insight: Insight
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
  const { config, router, life, sourceKind, before, insight } = parts
  // First, because it takes its time: all that follows is of one moment, or the account would not add up.
  const figures = await insight.figures.sample()
  const { account, inQueue, outQueue, intake, retries, lastSettled } = router
  const { returned: _, ...counters } = account.counters
  const { recent, whole } = insight.load.growth()
  const delivers = outQueue !== undefined
  const told = {
    state: life.state,
    reason: life.reason,
    rate: router.rate.perSecond ?? null,
    counters: { ...counters, inFlight: account.inFlight, waitingForRetry: retries.waiting },
    queues: {
      in: queueStatus(inQueue, recent, 'in'),
      out: outQueue ? queueStatus(outQueue, recent, 'out') : noQueue,
    },
    processes: processesOf(parts, figures),
    primary: primaryOf(parts, figures),
    cores: { available: availableCpus(), used: coresOf(figures) },
    perSecond: { read: perSecond(recent, 'read'), settled: perSecond(recent, 'settled') },
    stages: stagesOf(recent, delivers),
    oldestUnsettled: oldestOf(parts),
    lastSettledSecondsAgo:
      lastSettled === undefined ? null : rounded((systemClock.now() - lastSettled) / 1000),
  }
  return {
    schema: 1,
    version: parts.version,
    name: config.name,
    host: hostname(),
    pid: process.pid,
    since: life.since.toISOString(),
    transport: config.transport.kind,
    uptimeSeconds: secondsSince(parts.startedAt),
    total: sumOf(before, account.counters),
    ...told,
    stagesSinceStart: stagesOf(whole, delivers),
    slowest: insight.slowest.list,
    checkpoint: checkpointStatus(parts),
    source: {
      kind: sourceKind ?? null,
      lag: intake.progress.lag ?? null,
      fraction: intake.progress.fraction ?? null,
    },
    secondsToEnd: secondsToEnd({
      fraction: intake.progress.fraction ?? null,
      from: insight.from,
      read: counters.read,
      inFlight: account.inFlight,
      sourceEnded: intake.ended,
      perSecond: perSecond(recent, 'settled') || perSecond(whole, 'settled'),
    }),
    deadLetters: router.letters.count,
    bottleneck: bottleneckOf(factsOf(parts, told, recent)),
  }
}

type Told = Pick<
  StatusReport,
  | 'state'
  | 'reason'
  | 'rate'
  | 'counters'
  | 'queues'
  | 'processes'
  | 'primary'
  | 'cores'
  | 'perSecond'
  | 'stages'
  | 'oldestUnsettled'
  | 'lastSettledSecondsAgo'
>

function factsOf(parts: StatusParts, told: Told, recent: LoadGrowth): Facts {
  const { config, life, router } = parts
  const { state, reason, counters, queues, processes, primary } = told
  const { nextDue } = router.retries
  const sinkFails = life.blockedBy(SENDER.id) ?? null
  return {
    paused: state === 'paused' ? reason : null,
    sinkFails,
    blocked: state === 'blocked' && sinkFails === null ? reason : null,
    rate: told.rate,
    heldBack: recent.of.heldBack / Math.max(1, recent.ms),
    sourceEnded: router.intake.ended,
    settledPerSecond: told.perSecond.settled,
    lastSettledSecondsAgo: told.lastSettledSecondsAgo,
    inFlight: counters.inFlight,
    waitingForRetry: counters.waitingForRetry,
    secondsToRetry: nextDue === undefined ? null : Math.max(0, (nextDue - systemClock.now()) / 1000),
    order: config.order,
    parked: router.keyOrder?.parked ?? 0,
    oldest: told.oldestUnsettled,
    stages: told.stages,
    inQueue: queues.in,
    outQueue: queues.out,
    workers: processes.filter(({ role }) => role === 'worker').length,
    concurrency: config.concurrency,
    ownSink: config.sender !== undefined && 'module' in config.sender,
    cores: told.cores,
    cpu: {
      primary: ofCore(primary.cpu),
      writer: meanCpu(processes.filter(({ role }) => role === 'writer')),
      workers: meanCpu(processes.filter(({ role }) => role === 'worker')),
      sender: meanCpu(processes.filter(({ id }) => id === SENDER.id)),
    },
  }
}

function processesOf(
  { router, supervisor, progress, insight }: StatusParts,
  figures: ReadonlyMap<number, Figures>,
): ProcessStatus[] {
  const statuses: ProcessStatus[] = []
  for (const post of inFlowOrder(supervisor.posts)) {
    const { place, current, restarts, lastExit } = post
    const done = progress.of(place.id)
    const used = current && figuresOf(current, figures)
    const uptime = current ? secondsSince(current.since) : null
    statuses.push({
      id: place.id,
      role: place.role,
      host: place.host ?? null,
      pid: current?.pid ?? null,
      state: post.state,
      restarts,
      restartBudgetLeft: supervisor.budgetLeft(post),
      lastExit,
      uptimeSeconds: uptime,
      cpu: used?.cpu ?? null,
      rss: used?.rss ?? null,
      ...vitalsOf(current?.vitals),
      inHand: current ? router.inHand(current) : 0,
      credit: current ? router.credit(current) : 0,
      handled: done.handled,
      busy: current ? insight.busyShare(current) : 0,
    })
  }
  return statuses
}

function primaryOf({ insight }: StatusParts, figures: ReadonlyMap<number, Figures>): StatusReport['primary'] {
  const used = figures.get(process.pid)
  return { cpu: used?.cpu ?? null, rss: used?.rss ?? null, ...vitalsOf(insight.vitals) }
}

const vitalsOf = (vitals: Vitals | undefined): Pick<ProcessStatus, 'eventLoop' | 'heapUsed'> => ({
  eventLoop: vitals ? { utilization: vitals.utilization, delayMs: vitals.delayMs } : null,
  heapUsed: vitals?.heapUsed ?? null,
})

/** How many cores of this machine all processes use. */
function coresOf(figures: ReadonlyMap<number, Figures>): number | null {
  if (figures.size === 0) return null
  let percent = 0
  for (const { cpu } of figures.values()) percent += cpu
  return Math.round(percent) / 100
}

const ofCore = (percent: number | null): number | null => (percent === null ? null : percent / 100)

function meanCpu(processes: readonly ProcessStatus[]): number | null {
  const known = processes.flatMap(({ cpu }) => (cpu === null ? [] : [cpu]))
  return known.length === 0 ? null : known.reduce((sum, cpu) => sum + cpu, 0) / known.length / 100
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

function queueStatus(
  { size, capacity, next }: Queue,
  { ms, of }: LoadGrowth,
  which: 'in' | 'out',
): QueueStatus {
  const readAt = next?.batch.readAt
  return {
    size: size.records,
    capacity: capacity.records,
    bytes: size.bytes,
    ageSeconds: readAt === undefined ? null : rounded((systemClock.now() - readAt) / 1000),
    fullShare: shareOf(of[`${which}Full`], ms),
    emptyShare: shareOf(of[`${which}Empty`], ms),
  }
}

const noQueue: QueueStatus = {
  size: 0,
  capacity: 0,
  bytes: 0,
  ageSeconds: null,
  fullShare: 0,
  emptyShare: 1,
}

const shareOf = (part: number, ms: number): number => (ms > 0 ? rounded(Math.min(1, part / ms)) : 0)

const perSecond = ({ ms, of }: LoadGrowth, what: 'read' | 'settled'): number =>
  ms > 0 ? Math.round((of[what] / ms) * 100_000) / 100 : 0

const secondsSince = (then: number) => rounded((Date.now() - then) / 1000)

const rounded = (number: number) => Math.round(number * 1000) / 1000
