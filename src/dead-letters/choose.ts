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
  if (unknown.length > 0) throw noSuchLetter(unknown, path, live.keys())
  return ids
}

/** @param there ids that there are */
export function noSuchLetter(ids: readonly string[], path: string, there: Iterable<string>): MillraceError {
  const names = ids.slice(0, named).join(', ')
  const more = ids.length > named ? ` and ${ids.length - named} more` : ''
  const meant = ids.length === 1 ? endingIn(ids[0]!, there) : undefined
  const fix = meant === undefined ? '' : `did you mean \`${meant}\`? `
  return new MillraceError(
    'unknown_target',
    `there is no dead letter ${names}${more} in ${path}; ${fix}\`millrace dead list\` shows those that are`,
  )
}

/** `count:13` and `in.log@13` for who says 13: the number is what one remembers of an id. */
function endingIn(part: string, ids: Iterable<string>): string | undefined {
  for (const id of ids) if (id.endsWith(`:${part}`) || id.endsWith(`@${part}`)) return id
  return undefined
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
