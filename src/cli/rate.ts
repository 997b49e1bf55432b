import { parseRate } from '../config/quantities.js'
import { show } from '../config/show.js'
import { askRate } from '../control/client.js'
import type { Wanted } from '../control/locate.js'
import { MillraceError } from '../errors.js'
import type { RateReport } from '../model/status.js'
import { reach } from './reach.js'
import { printJson, printLine, type Terminal } from './terminal.js'

/** `millrace rate`: another limit, or none, for a pipeline that runs. */
export async function rate(
  request: Wanted & { readonly rate: string },
  terminal: Terminal,
  json: boolean,
): Promise<void> {
  // First, so that a mistyped rate is told also where no pipeline runs.
  const perSecond = perSecondOf(request.rate)
  const report = await askRate(reach(request, terminal), perSecond)
  if (json) printJson(terminal.stdout, report)
  else printLine(terminal.stdout, describe(report))
}

/** Records a second of a rate as somebody types it (`500/s`, `30/m`, `500`); null for `none`. */
function perSecondOf(text: string): number | null {
  if (text === 'none') return null
  const perSecond = parseRate(/^\d+(\.\d+)?$/.test(text) ? Number(text) : text)
  if (perSecond !== undefined) return perSecond
  const forms = "'500/s', '30/m', '10000/h', a number of records a second, or 'none'"
  throw new MillraceError('bad_usage', `the rate must be ${forms}, not ${show(text)}`)
}

function describe({ name, perSecond }: RateReport): string {
  if (perSecond === null) return `${name} begins records without a limit on their rate`
  const records = perSecond.toLocaleString('en-US', { maximumSignificantDigits: 6 })
  return `${name} begins at most ${records} ${perSecond === 1 ? 'record' : 'records'} a second`
}
