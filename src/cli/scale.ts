import { show } from '../config/show.js'
import { askScale } from '../control/client.js'
import type { Wanted } from '../control/locate.js'
import { MillraceError } from '../errors.js'
import type { ScaleReport } from '../model/status.js'
import { reach } from './reach.js'
import { count, plural } from './table.js'
import { printJson, printLine, type Terminal } from './terminal.js'

/** `millrace scale`: another number of workers, for a pipeline that runs. */
export async function scale(
  request: Wanted & { readonly workers: string },
  terminal: Terminal,
  json: boolean,
): Promise<void> {
  // First, so that a mistyped number is told also where no pipeline runs.
  if (!/^[1-9]\d*$/.test(request.workers)) {
    throw new MillraceError(
      'bad_usage',
      `the number of workers must be a whole number of at least 1, not ${show(request.workers)}`,
    )
  }
  const report = await askScale(reach(request, terminal), Number(request.workers))
  if (json) printJson(terminal.stdout, report)
  else printLine(terminal.stdout, scaleText(report))
}

export function scaleText({ name, from, to, handedOn, milliseconds }: ScaleReport): string {
  if (from === to) return `${name} has ${plural(to, 'worker')} already`
  const handed = handedOn > 0 ? `, ${plural(handedOn, 'record')} handed to others` : ''
  return `${name} scaled: ${from} → ${plural(to, 'worker')}${handed}, ${count(milliseconds)} ms`
}
