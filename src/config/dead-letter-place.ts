import { join, resolve } from 'node:path'
import { MillraceError } from '../errors.js'
import type { Config, EndpointRef, LetterPlace } from './config.js'
import { schemeOf } from './connector-string.js'
import { endpointOf } from './endpoint.js'
import type { EndpointInput } from './schema.js'
import type { Origin } from './settings.js'

/**
 * Where dead letters go: into a file of ours (by its path, or as `file:PATH`), or to a sink, as a
 * `sender` would be named. A path means a module only with the ending of one, or as `{ use }`.
 *
 * @throws MillraceError for what endpoints may be refused for, and for `stdout:`, which keeps nothing
 */
export function letterPlaceOf(
  input: EndpointInput | undefined,
  origin: Origin,
  stateDir: string,
): LetterPlace {
  if (input === undefined) return { file: join(stateDir, 'dead-letters.ndjson') }
  const use = typeof input === 'string' ? input : input.use
  const isPath = typeof input === 'string' && schemeOf(use) === undefined
  if (isPath && !/\.[cm]?[jt]s$/.test(use)) return { file: resolve(origin.base, use) }
  const place = endpointOf(input, 'sink', origin)
  if (!('connector' in place)) return place
  const { scheme, target, options, url } = place.connector
  if (scheme === 'stdout') {
    throw new MillraceError(
      'connector_unknown',
      `${origin.label}: stdout: cannot keep dead letters, which must be safe before their records are let go; name a file, or a sink that keeps them`,
    )
  }
  if (scheme !== 'file') return place
  if (Object.keys(options).length > 0) {
    throw new MillraceError(
      'connector_option',
      `${origin.label}: ${url} takes no options here: dead letters have a format of their own; write file:${target}`,
    )
  }
  return { file: target }
}

/** The sink that dead letters go to, unless they are kept in a file. */
export const letterSinkOf = ({ deadLetter: { to } }: Config): EndpointRef | undefined =>
  'file' in to ? undefined : to

/** What the place of letters is called in messages. */
export function letterPlaceName(to: LetterPlace): string {
  if ('file' in to) return to.file
  return 'connector' in to ? to.connector.url : to.module.path
}
