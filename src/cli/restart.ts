import { askRestart } from '../control/client.js'
import type { Wanted } from '../control/locate.js'
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
}
