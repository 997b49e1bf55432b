import { flagOf, variableOf } from './options.js'

/** Keys that the design has and this version has not: a spelling hint would mislead. */
const keys = ['http']

/** What people will try because other versions have it, by the name they write it with. */
const absent = {
  key: new Set(keys),
  flag: new Set(keys.map((key) => `--${flagOf(key)}`)),
  variable: new Set(keys.map(variableOf)),
} as const

/**
 * What to tell somebody who uses a name that this version does not have; undefined for any other name.
 *
 * @param where added to the name, such as ` in /path/to/config`
 */
export function notInThisVersion(kind: keyof typeof absent, name: string, where = ''): string | undefined {
  if (!absent[kind].has(name)) return undefined
  return `\`${name}\`${where} is not in this version of millrace; leave it out`
}
