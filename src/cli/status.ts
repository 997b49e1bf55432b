import { askStatus } from '../control/client.js'
import type { Wanted } from '../control/locate.js'
import type { ProcessStatus, QueueStatus, StatusReport } from '../model/status.js'
import { inOneLine } from './dead/text.js'
import { reach } from './reach.js'
import { bytes, count, duration, table, unknown } from './table.js'
import { printJson, printLine, type Terminal } from './terminal.js'

/** `millrace status`: one pipeline, its processes and queues. */
export async function status(wanted: Wanted, terminal: Terminal, json: boolean): Promise<void> {
  const report = await askStatus(reach(wanted, terminal))
  if (json) printJson(terminal.stdout, report)
  else printLine(terminal.stdout, describe(report))
}

function describe(report: StatusReport): string {
  const { counters, queues, bottleneck } = report
  const why = report.reason === null ? '' : ` (${report.reason})`
  const summary = [
    [
      'pipeline',
      `${report.name}, pid ${report.pid}, ${report.transport}, up ${duration(report.uptimeSeconds)}`,
    ],
    ['state', `${report.state}${why} since ${report.since}`],
    ['records', recordsOf(counters)],
    ['in-queue', fillOf(queues.in)],
    ['out-queue', fillOf(queues.out)],
    ['source', sourceOf(report.source)],
    ['oldest', oldestOf(report.oldestUnsettled)],
    ['bottleneck', bottleneck.stage === 'none' ? 'none' : `${bottleneck.stage}: ${bottleneck.why}`],
  ]
  const processes = table([heading, ...report.processes.map(rowOf)])
  const exits = report.processes.flatMap(exitOf)
  return [table(summary), processes, ...(exits.length > 0 ? [exits.join('\n')] : [])].join('\n\n')
}

/** How the last process in a place ended, and the last that it said unless that was as asked. */
function exitOf({ id, lastExit }: ProcessStatus): string[] {
  if (!lastExit) return []
  const { reason, at, code, lastLines } = lastExit
  const lines = code === 0 ? [] : lastLines.slice(-MOST_LINES)
  return [`last exit of ${id}: ${reason}, at ${at}`, ...lines.map((line) => `    ${inOneLine(line, 200)}`)]
}

/** Lines that are shown of what a process said last; the rest is in the JSON. */
const MOST_LINES = 3

function recordsOf(counters: StatusReport['counters']): string {
  const parts: readonly (readonly [number, string])[] = [
    [counters.read, 'read'],
    [counters.delivered, 'delivered'],
    [counters.dropped, 'dropped'],
    [counters.deadLettered, 'dead-lettered'],
    [counters.retried, 'retried'],
    [counters.inFlight, 'in flight'],
    [counters.waitingForRetry, 'waiting for a retry'],
  ]
  return parts.map(([number, what]) => `${count(number)} ${what}`).join(', ')
}

const oldestOf = (oldest: StatusReport['oldestUnsettled']) =>
  oldest ? `${oldest.id}, ${duration(oldest.ageSeconds)} in the hand of ${oldest.process}` : 'nothing in hand'

const fillOf = ({ size, capacity, bytes: held }: QueueStatus) =>
  `${count(size)} of ${count(capacity)} records, ${bytes(held)}`

function sourceOf({ kind, fraction, lag }: StatusReport['source']): string {
  const read = fraction === null ? [] : [`${(fraction * 100).toFixed(1)}% read`]
  const behind = lag === null ? [] : [`${count(lag)} waiting`]
  return [kind ?? 'not open yet', ...read, ...behind].join(', ')
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
]

const rowOf = (process: ProcessStatus): string[] => [
  process.id,
  process.pid === null ? unknown : String(process.pid),
  process.state,
  process.uptimeSeconds === null ? unknown : duration(process.uptimeSeconds),
  count(process.restarts),
  count(process.inHand),
  count(process.credit),
  count(process.handled),
  `${Math.round(process.busy * 100)}%`,
  process.cpu === null ? unknown : `${Math.round(process.cpu)}%`,
  process.rss === null ? unknown : bytes(process.rss),
]
