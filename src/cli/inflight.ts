import { readLimit } from '../config/limit.js'
import { askInFlight } from '../control/client.js'
import type { Wanted } from '../control/locate.js'
import type { HeldRun, InFlightReport, WaitingRetry } from '../model/status.js'
import { reach } from './reach.js'
import { age, count, plural, table, unknown } from './table.js'
import { printJson, printLine, type Terminal } from './terminal.js'

export interface InFlightRequest extends Wanted {
  /** As written. Default: 20. */
  readonly limit?: string | undefined
}

/** `millrace inflight`: where the records are that were read and are not settled. */
export async function inFlight(request: InFlightRequest, terminal: Terminal, json: boolean): Promise<void> {
  const limit = readLimit(request.limit ?? '20', '--limit')
  const report = await askInFlight(reach(request, terminal), limit)
  if (json) printJson(terminal.stdout, report)
  else printLine(terminal.stdout, describe(report))
}

/** A report for people. */
function describe(report: InFlightReport): string {
  const { name, inFlight, waiting, held, more, retries } = report
  const parts = [
    `${count(waiting.in)} in the in-queue`,
    ...report.processes.map(({ process, inHand }) => `${count(inHand)} in ${process}`),
    `${count(waiting.out)} ${waiting.out === 1 ? 'result' : 'results'} in the out-queue`,
    `${count(waiting.retry)} waiting for a retry`,
    ...(waiting.key > 0 ? [`${count(waiting.key)} waiting for another of their key`] : []),
  ]
  return [
    `${name}: ${count(inFlight)} in flight: ${parts.join(', ')}`,
    ...(held.length > 0 ? ['', table([heading, ...held.map(rowOf)])] : []),
    ...(more > 0 ? [`and ${plural(more, 'younger run')}; --limit shows more`] : []),
    ...(retries.length > 0 ? ['', table([retryHeading, ...retries.map(retryRowOf)])] : []),
    ...(waiting.retry > retries.length ? [`and ${count(waiting.retry - retries.length)} later`] : []),
  ].join('\n')
}

const heading = ['PROCESS', 'PID', 'IN HAND FOR', 'COUNT', 'OF', 'ATTEMPT', 'FROM']

const rowOf = (run: HeldRun): readonly string[] => [
  run.process,
  String(run.pid),
  age(run.ageSeconds),
  run.count === null ? unknown : count(run.count),
  run.what,
  count(run.attempt),
  run.id,
]

const retryHeading = ['RETRY', 'ATTEMPT', 'DUE IN']

const retryRowOf = ({ id, attempt, dueInSeconds }: WaitingRetry): readonly string[] => [
  id,
  count(attempt),
  dueInSeconds === 0 ? 'now' : age(dueInSeconds),
]
