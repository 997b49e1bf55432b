import type { Death } from './processes/child-process.js'
import type { Casualty } from './router/suspects.js'
import type { Place } from './topology.js'

/**
 * A death as the records know it that were in hand; undefined if none of them can be why, since it is
 * known what was lost on the way, or that its machine was ended. One whose machine fell silent may have
 * had a record that takes whole machines along.
 */
export function casualtyOf(
  { id }: Pick<Place, 'id'>,
  { exit, failure, lastLines, lost }: Death,
  known: Pick<Casualty, 'at' | 'atWork'>,
): Casualty | undefined {
  if (lost && !lost.suspicious) return undefined
  const how = `its worker ${lost ? 'was' : 'died:'} ${exit.reason}${failure ? `: ${failure.message}` : ''}`
  const trace = failure?.stack ?? lastLines.join('\n')
  return { process: id, name: 'WorkerDied', how, trace, ...known }
}
