import { askDrain } from '../control/client.js'
import type { Wanted } from '../control/locate.js'
import { reach } from './reach.js'
import { plural } from './table.js'
import { printJson, printLine, type Terminal } from './terminal.js'

/** `millrace drain`: has a pipeline work off what it has read and end, without waiting for that. */
export async function drain(wanted: Wanted, terminal: Terminal, json: boolean): Promise<void> {
  const report = await askDrain(reach(wanted, terminal))
  const { name, state, inFlight } = report
  if (json) printJson(terminal.stdout, report)
  else
    printLine(
      terminal.stdout,
      `${name} is ${state}: nothing more is read; ${plural(inFlight, 'record')} in flight`,
    )
}
