import { didYouMean } from '../config/nearest.js'
import { MillraceError } from '../errors.js'

/** What a parameter is: in a body JSON of that kind, and in an address the same as text. */
export type ParameterKind = 'text' | 'texts' | 'number' | 'number or null' | 'boolean'

/** The parameters that a route takes, by their names. */
export type Parameters = Readonly<Record<string, ParameterKind>>

interface Taking {
  /** Method and path. */
  readonly name: string
  readonly takes: Parameters
}

/** The parameters of a request. Flags are booleans; whether another value will do is for the route to say. */
export type Asked = Readonly<Record<string, unknown>>

/**
 * What is asked in an address and in a body, which has the last word.
 *
 * @throws MillraceError `bad_usage`: a parameter that the route does not take, or a flag that is neither true
 * nor false. Passed over in silence, it would have the route do something else than was meant.
 */
export function askedIn({ name, takes }: Taking, query: URLSearchParams, body: Asked): Asked {
  const names = Object.keys(takes)
  const unknown = [...query.keys(), ...Object.keys(body)].find((given) => !Object.hasOwn(takes, given))
  if (unknown !== undefined) throw new MillraceError('bad_usage', notTaken(name, unknown, names))
  const given = names.filter((each) => query.has(each))
  // `GET /events?follow` says it all. But `?all=$ALL` is no yes to everything where that variable is not set.
  const bareIsYes = name.startsWith('GET ')
  const inAddress = given.map((each) => [each, valueIn(takes[each]!, query.getAll(each), bareIsYes)])
  const asked: Asked = { ...Object.fromEntries(inAddress), ...body }
  for (const [each, value] of Object.entries(asked)) {
    if (takes[each] !== 'boolean' || typeof value === 'boolean') continue
    throw new MillraceError('bad_usage', `\`${each}\` must be true or false, and is ${JSON.stringify(value)}`)
  }
  return asked
}

function notTaken(route: string, parameter: string, names: readonly string[]): string {
  const taken = names.map((name) => `\`${name}\``).join(' and ')
  return `${route} takes no \`${parameter}\`, but ${taken || 'nothing'}${didYouMean(parameter, names)}`
}

/** What stands in an address, as JSON would have it. What is not of its kind is left as it is, for the error. */
function valueIn(kind: ParameterKind, texts: readonly string[], bareIsYes: boolean): unknown {
  const [text = '', ...more] = texts
  if (kind === 'texts' || more.length > 0) return texts
  if (kind === 'boolean' && text === '' && bareIsYes) return true
  if (kind === 'boolean') return text === 'true' || (text === 'false' ? false : text)
  if (kind === 'number or null' && text === 'null') return null
  return kind === 'text' || text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)
}
