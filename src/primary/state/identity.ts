import { isAbsolute, relative } from 'node:path'
import type { EndpointRef } from '../../config/config.js'
import type { ConnectorRef } from '../../config/connector-ref.js'

/**
 * The name under which a checkpoint knows a source or a sink: the same after a restart and after the
 * pipeline's folder was moved, another one when it reads from or delivers to something else.
 *
 * A connector is named as it was written, with all its options in one order; a module by its path
 * from the configuration's folder. No name holds credentials, so that they can be changed and the
 * state folder can be shown.
 *
 * @param base the configuration's folder
 * @returns `'none'` when results go nowhere, which is no connector's name and no module's
 */
export function identityOf(ref: EndpointRef | undefined, base: string): string {
  if (!ref) return 'none'
  return 'connector' in ref ? connectorName(ref.connector) : moduleName(relative(base, ref.module.path))
}

const moduleName = (path: string) => (path.startsWith('../') || isAbsolute(path) ? path : `./${path}`)

function connectorName({ scheme, url, options }: ConnectorRef): string {
  const bare = scheme === 'file' ? url : withoutUserInfo(url)
  const question = bare.indexOf('?')
  const written = bare.slice(bare.indexOf(':') + 1, question < 0 ? undefined : question)
  const given = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1))
  const query = given.length === 0 ? '' : `?${new URLSearchParams(given)}`
  return `${scheme}:${written}${query}`
}

/** A password may itself contain `@`, `/` and `?`, so all before the last `@` goes. */
const withoutUserInfo = (url: string) => url.replace(/^([^:]*:\/{0,2}).*@/, '$1')
