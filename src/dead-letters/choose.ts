import { MillraceError } from '../errors.js'
import type { ChosenLetters, ReplayReport } from '../model/dead-letter.js'
import type { LiveLines } from './live-letters.js'

/** Ids that an error names; more would drown the message. */
const named = 5

/**
 * The ids that somebody chose, each once.
 *
 * @throws MillraceError `unknown_target` when there is no letter with one of them
 */
export function chooseIds(live: LiveLines, chosen: ChosenLetters, path: string): readonly string[] {
  if (chosen === 'all') return [...live.keys()]
  const ids = [...new Set(chosen)]
  const unknown = ids.filter((id) => !live.has(id))
  if (unknown.length > 0) throw noSuchLetter(unknown, path)
  return ids
}

export function noSuchLetter(ids: readonly string[], path: string): MillraceError {
  const names = ids.slice(0, named).join(', ')
  const more = ids.length > named ? ` and ${ids.length - named} more` : ''
  return new MillraceError(
    'unknown_target',
    `there is no dead letter ${names}${more} in ${path}; \`millrace dead list\` shows those that are`,
  )
}

/** Which letters can be handled again. */
export interface ReplayChoice {
  readonly ids: readonly string[]
  readonly refused: ReplayReport['refused']
}

/** Parts the letters that somebody chose by whether there is anything to handle again. */
export function chooseForReplay(live: LiveLines, chosen: ChosenLetters, path: string): ReplayChoice {
  const all = chooseIds(live, chosen, path)
  return {
    ids: all.filter((id) => live.get(id)!.replayable),
    refused: all.filter((id) => !live.get(id)!.replayable).map((id) => ({ id, why: withoutValue })),
  }
}

const withoutValue = 'its letter has no value: the writer could not hand the record on'
