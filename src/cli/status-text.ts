import type { ProcessStatus, QueueStatus, SlowRecord, StageShares, StatusReport } from '../model/status.js'
import { age, bytes, count, duration, unknown } from './table.js'

/** What a status report says of the pipeline as a whole: labels and lines. */
export function summaryOf(report: StatusReport): readonly (readonly [label: string, text: string])[] {
  const { counters, queues, stages, bottleneck, slowest } = report
  const why = report.reason === null ? '' : ` (${report.reason})`
  return [
    [
      'pipeline',
      `${report.name}, pid ${report.pid}, ${report.transport}, up ${duration(report.uptimeSeconds)}`,
    ],
    ['state', `${report.state}${why} since ${report.since}`],
    ['records', recordsOf(counters)],
    ['rate', rateOf(report)],
    ['source', sourceOf(report.source)],
    ['in-queue', `${fillOf(queues.in)}${timesOf(queues.in)}`],
    ['out-queue', stages.sender ? `${fillOf(queues.out)}${timesOf(queues.out)}` : 'none'],
    ['writer', sharesOf(stages.writer)],
    ['workers', sharesOf(stages.workers)],
    ['sender', stages.sender ? sharesOf(stages.sender) : 'none'],
    ['cores', coresOf(report)],
    ['oldest', oldestOf(report.oldestUnsettled)],
    ...(slowest.length > 0 ? [['slowest', slowest.map(slowOf).join('; ')] as const] : []),
    ['bottleneck', bottleneck.why],
  ]
}

/** @param brief leaves out what there is none of */
export function recordsOf(counters: StatusReport['counters'], brief = false): string {
  const parts: readonly (readonly [number, string])[] = [
    [counters.read, 'read'],
    [counters.delivered, 'delivered'],
    [counters.dropped, 'dropped'],
    [counters.deadLettered, 'dead-lettered'],
    [counters.retried, 'retried'],
    [counters.inFlight, 'in flight'],
    [counters.waitingForRetry, 'waiting for a retry'],
  ]
  return parts
    .filter(([number]) => number > 0 || !brief)
    .map(([number, what]) => `${count(number)} ${what}`)
    .join(', ')
}

/** Records a second, and how long it will take at that. */
export function rateOf({ perSecond, rate, secondsToEnd }: StatusReport): string {
  const limit = rate === null ? '' : `, at most ${count(rate)} may begin`
  const end = secondsToEnd === null || secondsToEnd === 0 ? '' : `; some ${duration(secondsToEnd)} to the end`
  const [read, settled] = [perSecond.read, perSecond.settled].map((number) =>
    count(number < 10 ? number : Math.round(number)),
  )
  return `${read} read and ${settled} settled a second${limit}${end}`
}

export const oldestOf = (oldest: StatusReport['oldestUnsettled']): string =>
  oldest ? `${oldest.id}, ${age(oldest.ageSeconds)} in the hand of ${oldest.process}` : 'nothing in hand'

export const fillOf = ({ size, capacity, bytes: held }: QueueStatus): string =>
  `${count(size)} of ${count(capacity)} records, ${bytes(held)}`

/** For how much of the last seconds a queue was full and empty, and how old what waits in it is. */
export function timesOf({ fullShare, emptyShare, ageSeconds }: QueueStatus): string {
  const oldest = ageSeconds === null ? '' : `; the oldest read ${age(ageSeconds)} ago`
  return `; full ${percent(fullShare)}, empty ${percent(emptyShare)} of the time${oldest}`
}

export const sharesOf = ({ busy, idle, blocked }: StageShares): string =>
  `busy ${percent(busy)}, idle ${percent(idle)}, blocked ${percent(blocked)}`

export const coresOf = ({ cores: { available, used } }: StatusReport): string =>
  `${used === null ? unknown : used.toFixed(1)} of ${available} in use`

/** `count:7 3.2s in worker:2`. */
export const slowOf = ({ id, process, seconds, records }: SlowRecord): string =>
  `${id}${records > 1 ? ` (or one of the ${records - 1} before it)` : ''} ${age(seconds)} in ${process}`

export function sourceOf({ kind, fraction, lag }: StatusReport['source']): string {
  const read = fraction === null ? [] : [`${(fraction * 100).toFixed(1)}% read`]
  const behind = lag === null ? [] : [`${count(lag)} waiting`]
  return [kind ?? 'not open yet', ...read, ...behind].join(', ')
}

const percent = (share: number): string => `${Math.round(share * 100)}%`

/** The processes as rows of a table, the heading first; which machine each is on if there are several. */
export function processRows(report: StatusReport): readonly (readonly string[])[] {
  const rows = [heading, primaryRow(report), ...report.processes.map(rowOf)]
  if (report.processes.every(({ host }) => host === null)) return rows
  const hosts = [report.host, ...report.processes.map(({ host }) => host ?? report.host)]
  return rows.map(([process, ...others], at) => [process!, at === 0 ? 'HOST' : hosts[at - 1]!, ...others])
}

const heading = [
  'PROCESS',
  'PID',
  'STATE',
  'UP',
  'RESTARTS',
  'IN HAND',
  'CREDIT',
  'HANDLED',
  'BUSY',
  'CPU',
  'MEMORY',
  'LOOP',
]

/** The primary has no place that is restarted, and takes no records in hand. */
const primaryRow = ({ pid, uptimeSeconds, primary }: StatusReport): readonly string[] => [
  'primary',
  String(pid),
  unknown,
  duration(uptimeSeconds),
  ...[unknown, unknown, unknown, unknown, unknown],
  ...figuresOf(primary),
]

const rowOf = (process: ProcessStatus): readonly string[] => [
  process.id,
  process.pid === null ? unknown : String(process.pid),
  process.state,
  process.uptimeSeconds === null ? unknown : duration(process.uptimeSeconds),
  count(process.restarts),
  count(process.inHand),
  count(process.credit),
  count(process.handled),
  percent(process.busy),
  ...figuresOf(process),
]

const figuresOf = ({ cpu, rss, eventLoop }: StatusReport['primary']): readonly string[] => [
  cpu === null ? unknown : `${Math.round(cpu)}%`,
  rss === null ? unknown : bytes(rss),
  eventLoop === null ? unknown : percent(eventLoop.utilization),
]
