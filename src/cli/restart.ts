import { askRestart } from '../control/client.js'
import type { Wanted } from '../control/locate.js'
import type { RestartReport, RollReport } from '../model/status.js'
import { askOf } from './process-of.js'
import { reach } from './reach.js'
import { count, plural } from './table.js'
import { printJson, printLine, type Terminal } from './terminal.js'

/** `millrace restart`: a new process in the place of an old one, or of each worker in turn. */
export async function restart(
  request: Wanted & { readonly target: string },
  terminal: Terminal,
  json: boolean,
): Promise<void> {
  const report = await askOf(request, terminal, 'millrace restart workers', async () =>
    askRestart(reach(request, terminal), request.target),
  )
  if (json) printJson(terminal.stdout, report)
  else
    for (const line of 'target' in report ? rollText(report) : restartText(report))
      printLine(terminal.stdout, line)
}

const rollText = ({ restarted, skipped, milliseconds }: RollReport): string[] => [
  ...restarted.flatMap(restartText),
  ...skipped.map((id) => `${id} skipped: its machine is gone`),
  `${plural(restarted.length, 'worker')} restarted, one after another, ${count(milliseconds)} ms`,
]

/** What a restart did, and what it cost when the old process did not drain to its end. */
export function restartText(report: RestartReport): string[] {
  const { process, oldPid, newPid, handedOn, milliseconds } = report
  const parts = [
    `pid ${oldPid ?? 'none'} → ${newPid ?? 'none'}`,
    ...(handedOn > 0 ? [`${plural(handedOn, 'record')} handed to others`] : []),
    `${count(Math.round(milliseconds))} ms`,
  ]
  return [`${process} restarted: ${parts.join(', ')}`, ...doneTwice(report)]
}

function doneTwice({ killed = false, returned = 0 }: RestartReport): string[] {
  if (!killed && returned === 0) return []
  const how = `the old process ${killed ? 'was killed' : 'ended'}`
  if (returned === 0) return [`${how} with nothing in hand`]
  return [
    `${how} with ${count(returned)} ${returned === 1 ? 'record in hand, which is' : 'records in hand, which are'} done twice`,
  ]
}
