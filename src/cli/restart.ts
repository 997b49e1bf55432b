import { askRestart } from '../control/client.js'
import type { Wanted } from '../control/locate.js'
import type { RestartReport } from '../model/status.js'
import { reach } from './reach.js'
import { count } from './table.js'
import { printJson, printLine, type Terminal } from './terminal.js'

/** `millrace restart`: a new process in the place of an old one. */
export async function restart(
  request: Wanted & { readonly target: string },
  terminal: Terminal,
  json: boolean,
): Promise<void> {
  const report = await askRestart(reach(request, terminal), request.target)
  if (json) {
    printJson(terminal.stdout, report)
    return
  }
  const { process, oldPid, newPid, milliseconds } = report
  const pids = `pid ${oldPid ?? 'none'} → ${newPid}`
  printLine(terminal.stdout, `${process} restarted: ${pids}, ${count(Math.round(milliseconds))} ms`)
  const doubled = doneTwice(report)
  if (doubled) printLine(terminal.stdout, doubled)
}

/** What a restart cost when the old process did not drain to its end. */
export function doneTwice({ killed = false, returned = 0 }: RestartReport): string | undefined {
  if (!killed && returned === 0) return undefined
  const how = `the old process ${killed ? 'was killed' : 'ended'}`
  if (returned === 0) return `${how} with nothing in hand`
  return `${how} with ${count(returned)} ${returned === 1 ? 'record in hand, which is' : 'records in hand, which are'} done twice`
}
