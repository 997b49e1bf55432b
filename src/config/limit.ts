import { MillraceError } from '../errors.js'
import { show } from './show.js'

/**
 * The number of records after which a run ends. No key of the configuration: it belongs to one run.
 *
 * @param label how the user knows it, such as `--limit`
 * @throws MillraceError `bad_usage` unless it is a whole number of at least 1
 */
export function checkLimit(limit: unknown, label: string): number {
  if (typeof limit === 'number' && Number.isSafeInteger(limit) && limit >= 1) return limit
  throw new MillraceError('bad_usage', `${label} must be a whole number of at least 1, not ${show(limit)}`)
}

/** The same, of a command line's text. */
export const readLimit = (text: string, label: string): number =>
  checkLimit(/^\d+$/.test(text) ? Number(text) : text, label)
