import { askStatus } from '../control/client.js'
import type { Wanted } from '../control/locate.js'
import type { ProcessStatus, StatusReport } from '../model/status.js'
import { lastWordsIn } from './last-words.js'
import { reach } from './reach.js'
import { processRows, summaryOf } from './status-text.js'
import { table } from './table.js'
import { printJson, printLine, type Terminal } from './terminal.js'

/** `millrace status`: one pipeline, its processes and queues. */
export async function status(wanted: Wanted, terminal: Terminal, json: boolean): Promise<void> {
  const report = await askStatus(reach(wanted, terminal))
  if (json) printJson(terminal.stdout, report)
  else printLine(terminal.stdout, describe(report))
}

/** A report for people. */
export function describe(report: StatusReport): string {
  const exits = report.processes.flatMap(exitOf)
  const parts = [table(summaryOf(report)), table(processRows(report))]
  return [...parts, ...(exits.length > 0 ? [exits.join('\n')] : [])].join('\n\n')
}

/** How the last process in a place ended, and the last that it said unless that was as asked. */
function exitOf({ id, lastExit }: ProcessStatus): string[] {
  if (!lastExit) return []
  const { reason, at, code, lastLines } = lastExit
  const lines = code === 0 ? [] : lastWordsIn(lastLines, MOST_LINES)
  return [`last exit of ${id}: ${reason}, at ${at}`, ...lines.map((line) => `    ${line}`)]
}

/** Lines that are shown of what a process said last; the rest is in the JSON. */
const MOST_LINES = 3
