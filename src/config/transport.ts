import { MillraceError } from '../errors.js'
import type { NatsTransport, TransportConfig } from './config.js'
import type { NatsInput, ParsedConfig } from './schema.js'
import type { Origin } from './settings.js'

const scheme = 'nats://'
/** What the address is called that `join` is given: a server, and so never `ipc`. */
export const JOINED_SERVER = 'NATS-URL'

const defaultPort = 4222

/**
 * What `transport` means.
 *
 * Its errors quote no more of what was written than how it begins, `http://…`: the rest may hold a password.
 *
 * @throws MillraceError `bad_config` or `bad_usage`
 */
export function transportOf(input: ParsedConfig['transport'], origin: Origin): TransportConfig {
  const wrong = (why: string) =>
    new MillraceError(
      origin.code,
      origin.label === JOINED_SERVER
        ? `${origin.label} ${why}; write nats://host:4222 (more servers after commas)`
        : `${origin.label} ${why}; write 'ipc', 'nats://host:4222' (more servers after commas) or { servers, user, password, token }`,
    )
  const nats = typeof input === 'string' ? readUrl(input, wrong) : fromObject(input)
  if (nats === undefined) return { kind: 'ipc' }
  const { user, password, token } = nats
  if (password !== undefined && user === undefined) throw wrong('has a password without a user')
  if (token !== undefined && user !== undefined) throw wrong('has both a user and a token')
  return { ...nats, kind: 'nats', servers: nats.servers.map((server) => serverOf(server, wrong)) }
}

type Wrong = (why: string) => MillraceError
type Nats = Omit<NatsTransport, 'kind'>

function fromObject({ servers, user, password, token }: NatsInput): Nats {
  return {
    servers: typeof servers === 'string' ? servers.split(',') : servers,
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    ...(token !== undefined && { token }),
  }
}

function readUrl(url: string, wrong: Wrong): Nats | undefined {
  if (url === 'ipc') return undefined
  if (!url.startsWith(scheme)) {
    const [begin] = /^[a-z][a-z0-9+.-]*:\/\//i.exec(url) ?? []
    throw wrong(begin ? `is \`${begin}…\`` : `does not begin with ${scheme}`)
  }
  const rest = url.slice(scheme.length).replace(/\/$/, '')
  const at = rest.lastIndexOf('@')
  const servers = rest.slice(at + 1).split(',')
  if (at < 0) return { servers }
  const [name = '', ...secret] = rest.slice(0, at).split(':')
  const decode = (text: string) => {
    try {
      return decodeURIComponent(text)
    } catch {
      throw wrong('has credentials with a stray % (write it as %25)')
    }
  }
  if (name === '') throw wrong('has an @ without a user or token before it')
  if (secret.length === 0) return { servers, token: decode(name) }
  return { servers, user: decode(name), password: decode(secret.join(':')) }
}

/** `host:port`, from what may also be a bare host or a URL of its own. */
function serverOf(text: string, wrong: Wrong): string {
  const server = text.trim().replace(/^nats:\/\//, '')
  const [, host, port = String(defaultPort)] =
    /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/i.exec(server) ?? []
  if (host === undefined) throw wrong('has a server that is not host:port')
  if (Number(port) < 1 || Number(port) > 65535) throw wrong('has a port outside 1 to 65535')
  return `${host}:${Number(port)}`
}
