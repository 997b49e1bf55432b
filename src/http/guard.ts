import { createHash, timingSafeEqual } from 'node:crypto'
import { isLoopback } from '../config/http.js'

/** What a request says about where it is from. */
export interface Request {
  readonly host?: string | undefined
  readonly origin?: string | undefined
  readonly authorization?: string | undefined
}

export interface Refusal {
  readonly status: 401 | 403
  readonly message: string
}

/**
 * Whether a request is answered. A browser on this machine can be made to ask a loopback address by
 * any page it shows: such a page has another origin, or (by DNS rebinding) a host name of its own
 * that resolves to 127.0.0.1. Both are refused. Where a token is wanted, it is all that counts beside
 * the origin, since the server may be known by any name.
 *
 * @returns why not; undefined when it is
 */
export function refusalOf(request: Request, token: string | undefined): Refusal | undefined {
  const { host = '', origin, authorization } = request
  if (token === undefined && !isLoopback(hostNameOf(host)))
    return forbidden('the Host header does not name this machine; ask for 127.0.0.1, [::1] or localhost')
  if (origin !== undefined && origin !== `http://${host}`)
    return forbidden('a page of another origin may not ask')
  if (token !== undefined && !isBearer(authorization, token))
    return { status: 401, message: 'a token is needed, as `Authorization: Bearer …`' }
  return undefined
}

const forbidden = (message: string): Refusal => ({ status: 403, message })

/** Without its port, which may be that of a tunnel. */
const hostNameOf = (host: string): string => host.replace(/:\d+$/, '')

/** In a time that says nothing about how much of the token was right, nor how long it is. */
function isBearer(authorization: string | undefined, token: string): boolean {
  const [, given = ''] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? []
  return timingSafeEqual(digest(given), digest(token))
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
