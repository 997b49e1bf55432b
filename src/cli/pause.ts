import { askPause, askResume } from '../control/client.js'
import type { Wanted } from '../control/locate.js'
import type { PauseReport } from '../model/status.js'
import { reach } from './reach.js'
import { count } from './table.js'
import { printJson, printLine, type Terminal } from './terminal.js'

/** `millrace pause`: nothing more is read or begun; the processes stay. */
export async function pause(wanted: Wanted, terminal: Terminal, json: boolean): Promise<void> {
  const report = await askPause(reach(wanted, terminal))
  if (json) printJson(terminal.stdout, report)
  else printLine(terminal.stdout, pausedText(report))
}

/** `millrace resume`: goes on, also after a pause that the pipeline made by itself. */
export async function resume(wanted: Wanted, terminal: Terminal, json: boolean): Promise<void> {
  const report = await askResume(reach(wanted, terminal))
  if (json) printJson(terminal.stdout, report)
  else printLine(terminal.stdout, resumedText(report))
}

/** What a pause did. */
export function pausedText({ name, state, inFlight }: PauseReport): string {
  const until = 'until `millrace resume`'
  if (state !== 'paused') return `${name} is ${state}; once it runs, nothing is read or begun ${until}`
  return `${name} is paused: nothing is read or begun ${until}; ${count(inFlight)} in flight`
}

/** What became of a pipeline that was told to go on. */
export function resumedText({ name, state, reason }: PauseReport): string {
  return `${name} goes on: ${state}${reason === null ? '' : ` (${reason})`}`
}
