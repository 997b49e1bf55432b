import { didYouMean } from '../config/nearest.js'
import { show } from '../config/show.js'
import { askLogLevel } from '../control/client.js'
import type { Wanted } from '../control/locate.js'
import { MillraceError } from '../errors.js'
import { logLevels } from '../model/logger.js'
import { reach } from './reach.js'
import { printJson, printLine, type Terminal } from './terminal.js'

/** `millrace log-level`: how much a pipeline logs, while it runs. */
export async function logLevel(
  request: Wanted & { readonly level: string },
  terminal: Terminal,
  json: boolean,
): Promise<void> {
  const level = logLevels.find((name) => name === request.level)
  if (!level) {
    const fix = didYouMean(request.level, logLevels) || `; there are ${logLevels.join(', ')}`
    throw new MillraceError('bad_usage', `${show(request.level)} is no log level${fix}`)
  }
  const report = await askLogLevel(reach(request, terminal), level)
  if (json) printJson(terminal.stdout, report)
  else
    printLine(terminal.stdout, `${report.name} logs at level ${report.level} from now on, in every process`)
}
