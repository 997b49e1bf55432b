import { inspect } from 'node:util'

/** A value in an error message: on one line, not longer than reads well, without credentials. */
export function show(value: unknown): string {
  const text = inspect(withoutCredentials(value), { breakLength: Number.POSITIVE_INFINITY, depth: 2 })
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

const secretName = /pass|token|secret|credential|api_?key/i

/** A copy of plain data in which nothing that may be a credential can be read. */
export function withoutCredentials(value: unknown, within: readonly unknown[] = []): unknown {
  if (typeof value === 'string') return hideUserInfo(value)
  if (typeof value !== 'object' || value === null) return value
  if (within.includes(value)) return '[circular]'
  const path = [...within, value]
  if (Array.isArray(value)) return value.map((item) => withoutCredentials(item, path))
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      secretName.test(name) && item !== undefined ? '***' : withoutCredentials(item, path),
    ]),
  )
}

/** Hides what stands before the last `@` of a URL: a password may itself contain `@` and `/`. */
export const hideUserInfo = (url: string): string =>
  url.replace(/^((?!file:)[a-z][a-z0-9+.-]*:\/{0,2}).*@/i, '$1***@')
