import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { MillraceError } from '../errors.js'
import type { EndpointRef, ModuleRef } from './config.js'
import { connectorsAt, type End, parseConnector, schemeOf } from './connector-string.js'
import type { EndpointInput, ModuleInput } from './schema.js'
import type { Place } from './settings.js'

/** What a `writer` or `sender` means: a connector when it has a scheme, else a module. */
export function endpointOf(input: EndpointInput, end: End, place: Place): EndpointRef {
  const { use, with: given = {} } = typeof input === 'string' ? { use: input } : input
  if (schemeOf(use) !== undefined) return { connector: parseConnector(use, given, end, place) }
  const meant = [use, use === '-' ? `std${end === 'source' ? 'in' : 'out'}` : ''].find((name) =>
    connectorsAt(end).includes(`${name}:`),
  )
  return { module: moduleOf({ use, with: given }, place, meant && `; did you mean \`${meant}:\`?`) }
}

/**
 * The module that a path means.
 *
 * @param hint what to say when there is none, instead of where relative paths start
 * @throws MillraceError `module_not_loadable` when there is no such file
 */
export function moduleOf(input: ModuleInput, place: Place, hint?: string): ModuleRef {
  const { use, with: given = {} } = typeof input === 'string' ? { use: input } : input
  const path = resolve(place.base, use)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isFile()) return { path, with: given }
  const what = found ? 'is not a file' : 'does not exist'
  const fix = hint || `; relative paths here start from ${place.base}`
  throw new MillraceError('module_not_loadable', `${place.label}: module ${path} ${what}${fix}`)
}
