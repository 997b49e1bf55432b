import { MillraceError } from '../errors.js'
import type { HttpConfig } from './config.js'
import type { ParsedConfig } from './schema.js'
import type { Origin } from './settings.js'

/** Characters of a token at least: one that could be guessed would be none. */
const SHORTEST_TOKEN = 16

/**
 * What `http` means; undefined when it is off.
 *
 * Its errors never quote what was written: it may hold a token.
 *
 * @throws MillraceError `bad_config` or `bad_usage`
 */
export function httpOf(input: ParsedConfig['http'], origin: Origin): HttpConfig | undefined {
  if (input === 'off') return undefined
  const wrong = (why: string) =>
    new MillraceError(
      origin.code,
      `${origin.label} ${why}; write '127.0.0.1:9464', or for others than this machine 'TOKEN@0.0.0.0:9464' or { listen: '0.0.0.0:9464', token }, or 'off'`,
    )
  const { listen, token } = typeof input === 'string' ? parted(input) : input
  const [, host, digits] = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+):(\d{1,5})$/i.exec(listen) ?? []
  if (host === undefined) throw wrong('is not host:port')
  const port = Number(digits)
  if (port > 65535) throw wrong('has a port above 65535')
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
    throw wrong('has a token with spaces, or with more than ASCII')
  if (token !== undefined && token.length < SHORTEST_TOKEN)
    throw wrong(`has a token of less than ${SHORTEST_TOKEN} characters`)
  if (token === undefined && !isLoopback(host))
    throw wrong('listens to others than this machine, and has no token')
  return { host: host.replace(/^\[|\]$/g, ''), port, ...(token !== undefined && { token }) }
}

/** Whether only this machine can reach a host. */
export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host)

/** `token@host:port`. */
function parted(text: string): { readonly listen: string; readonly token?: string } {
  const at = text.lastIndexOf('@')
  return at < 0 ? { listen: text } : { listen: text.slice(at + 1), token: text.slice(0, at) }
}
