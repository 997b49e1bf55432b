import { MillraceError } from '../../errors.js'

/** The oldest server that the queue was tried against: the one in Debian 12. */
const OLDEST = [2, 9] as const

/** Refuses a server that is too old: `broker_unfit`, naming its version and the one that is needed. */
export function requireVersion(version: string | undefined, server: string): void {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number)
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return
  throw new MillraceError(
    'broker_unfit',
    `The NATS server ${server} is version ${version ?? 'unknown'}, too old for millrace. Use ${OLDEST.join('.')} or newer.`,
  )
}
