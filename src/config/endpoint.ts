import { statSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { MillraceError } from '../errors.js'
import type { EndpointRef, ModuleRef } from './config.js'
import { connectorsAt, type End, parseConnector, schemeOf } from './connector-string.js'
import type { EndpointInput, ModuleInput } from './schema.js'
import type { Origin } from './settings.js'

/** What a `writer` or `sender` means: a connector when it has a scheme, else a module. */
export function endpointOf(input: EndpointInput, end: End, origin: Origin): EndpointRef {
  const { use, with: given = {} } = typeof input === 'string' ? { use: input } : input
  if (schemeOf(use) !== undefined) return { connector: parseConnector(use, given, end, origin) }
  if (!isModulePath(use)) {
    throw new MillraceError(
      'connector_unknown',
      `${origin.label}: ${use} is no module (.js, .mjs, .cjs, .ts, .mts or .cts); did you mean \`file:${use}\`?`,
    )
  }
  const meant = [use, use === '-' ? `std${end === 'source' ? 'in' : 'out'}` : ''].find((name) =>
    connectorsAt(end).includes(`${name}:`),
  )
  return { module: moduleOf({ use, with: given }, origin, meant && `; did you mean \`${meant}:\`?`) }
}

/** A name without an ending may be a mistyped connector; one with another ending is data. */
const isModulePath = (path: string) => /\.[cm]?[jt]s$/.test(path) || extname(path) === ''

/**
 * The module that a path means.
 *
 * @param hint what to say when there is none, instead of where relative paths start
 * @throws MillraceError `module_not_loadable` when there is no such file
 */
export function moduleOf(input: ModuleInput, origin: Origin, hint?: string): ModuleRef {
  const { use, with: given = {} } = typeof input === 'string' ? { use: input } : input
  const path = resolve(origin.base, use)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isFile()) return { path, with: given }
  const what = found ? 'is not a file' : 'does not exist'
  const fix = hint || `; relative paths here start from ${origin.base}`
  throw new MillraceError('module_not_loadable', `${origin.label}: module ${path} ${what}${fix}`)
}
