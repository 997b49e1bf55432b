import { resolve } from 'node:path'
import { didYouMean } from '../config/nearest.js'
import { MillraceError } from '../errors.js'
import type { Entry } from './registry.js'

/** Which pipeline a command is for. Without either, the only one that runs. */
export interface Wanted {
  /** Its name, or name and pid (`billing-4711`). */
  readonly name?: string | undefined
  readonly stateDir?: string | undefined
}

/**
 * The one pipeline that is wanted.
 *
 * @throws MillraceError `not_running`, `ambiguous_pipeline`
 */
export function locate(running: readonly Entry[], { name, stateDir }: Wanted, cwd: string): Entry {
  const folder = stateDir === undefined ? undefined : resolve(cwd, stateDir)
  const found = running.filter(
    (entry) =>
      (name === undefined || entry.name === name || nameAndPid(entry) === name) &&
      (folder === undefined || entry.stateDir === folder),
  )
  const [first, second] = found
  if (first && !second) return first
  if (!first) throw new MillraceError('not_running', notRunning(running, name, folder))
  const listed = found.map((entry) => `${nameAndPid(entry)} (state in ${entry.stateDir})`).join(', ')
  const fix = `say which one, by its name or as above (--name ${nameAndPid(first)}), or with --state-dir`
  throw new MillraceError('ambiguous_pipeline', `more than one pipeline is running: ${listed}; ${fix}`)
}

const nameAndPid = ({ name, pid }: Entry) => `${name}-${pid}`

function notRunning(running: readonly Entry[], name: string | undefined, folder: string | undefined): string {
  const named = name === undefined ? '' : ` named \`${name}\``
  const keeping = folder === undefined ? '' : ` with its state in ${folder}`
  const names = [...new Set(running.map((entry) => entry.name))]
  const hint = name === undefined ? '' : didYouMean(name, names)
  const others = names.length > 0 ? `; running: ${names.join(', ')}` : '; start one with `millrace run`'
  return `no pipeline${named}${keeping} is running${hint || others}`
}
