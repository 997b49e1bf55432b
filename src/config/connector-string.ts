import { resolve } from 'node:path'
import { MillraceError } from '../errors.js'
import type { ConnectorRef } from './connector-ref.js'
import { didYouMean } from './nearest.js'
import type { Origin } from './settings.js'
import { hideUserInfo, show } from './show.js'

/** Which end of the pipeline a connector stands at. */
export type End = 'source' | 'sink'

type Scheme = ConnectorRef['scheme']

interface Connector {
  readonly ends: readonly End[]
  /** What stands behind the scheme; nothing where it is absent. */
  readonly target?: 'PATH' | 'N'
  /** The options behind `?`, with their values. */
  readonly options: Readonly<Record<string, readonly string[]>>
}

const format = ['lines', 'ndjson']

const connectors: Readonly<Record<Scheme, Connector>> = {
  file: { ends: ['source', 'sink'], target: 'PATH', options: { format } },
  stdin: { ends: ['source'], options: { format } },
  stdout: { ends: ['sink'], options: { format } },
  count: { ends: ['source'], target: 'N', options: {} },
  null: { ends: ['sink'], options: {} },
}

/** Brokers that people will try: a spelling hint would mislead. */
const notInThisVersion = ['kafka', 'nats']

/** The scheme of a connector string; a text without one is the path of a module. */
export const schemeOf = (text: string): string | undefined =>
  /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase()

/** The strings that name a connector for this end, as somebody would write them. */
export const connectorsAt = (end: End): string[] =>
  Object.entries(connectors)
    .filter(([, { ends }]) => ends.includes(end))
    .map(([scheme, { target }]) => `${scheme}:${target ?? ''}`)

/**
 * Reads a connector string such as `file:big.log?format=ndjson`.
 *
 * @param extra more options, as the `with` of a configuration gives them
 * @throws MillraceError `connector_unknown`, `connector_option`
 */
export function parseConnector(
  text: string,
  extra: Readonly<Record<string, unknown>>,
  end: End,
  origin: Origin,
): ConnectorRef {
  const scheme = knownScheme(text, end, origin)
  const url = hideUserInfo(text)
  const rest = text.slice(scheme.length + 1)
  const question = rest.indexOf('?')
  const target = question < 0 ? rest : rest.slice(0, question)
  const query = new URLSearchParams(question < 0 ? '' : rest.slice(question + 1))
  const given = [...query, ...Object.entries(extra)]
  return {
    scheme,
    url,
    target: targetOf(scheme, target, url, origin),
    options: optionsOf(scheme, given, url, origin),
  }
}

function knownScheme(text: string, end: End, origin: Origin): Scheme {
  const scheme = schemeOf(text) ?? ''
  const usable = `this version has ${connectorsAt(end).join(', ')} as ${end}, and modules by path (./my-${end}.mjs)`
  if (!isScheme(scheme)) {
    const hint = didYouMean(scheme, Object.keys(connectors)).replace(/`\?$/, ':`?')
    const why = notInThisVersion.includes(scheme) ? ': not in this version' : hint
    throw new MillraceError(
      'connector_unknown',
      `${origin.label}: unknown connector \`${scheme}:\`${why}; ${usable}`,
    )
  }
  if (!connectors[scheme].ends.includes(end)) {
    const cannot = end === 'source' ? 'cannot be read from' : 'cannot be delivered to'
    throw new MillraceError(origin.code, `${origin.label}: \`${scheme}:\` ${cannot}; ${usable}`)
  }
  return scheme
}

function targetOf(scheme: Scheme, target: string, url: string, origin: Origin): string {
  const wrong = (fix: string) =>
    new MillraceError('connector_option', `${origin.label}: ${show(url)} is not a connector; ${fix}`)
  switch (connectors[scheme].target) {
    case 'PATH':
      if (target === '') throw wrong('write `file:` and a path, such as `file:big.log`')
      if (/^\/\/[^/]/.test(target))
        throw wrong(`write \`file:${target.slice(2)}\`, or \`file:///\` and an absolute path`)
      return resolve(origin.base, target)
    case 'N':
      if (!/^\d+$/.test(target) || !Number.isSafeInteger(Number(target))) {
        throw wrong('write `count:` and a whole number from 0 to 2^53-1, such as `count:1000`')
      }
      return String(Number(target))
    default:
      if (target !== '') throw wrong(`nothing stands behind \`${scheme}:\` but options`)
      return ''
  }
}

function optionsOf(
  scheme: Scheme,
  given: readonly (readonly [string, unknown])[],
  url: string,
  origin: Origin,
): Readonly<Record<string, string>> {
  const known = connectors[scheme].options
  const listed = Object.entries(known).map(([name, values]) => `\`${name}\` (${values.join(' or ')})`)
  const knows = `\`${scheme}:\` knows ${listed.length > 0 ? listed.join(', ') : 'no options'}`
  const wrong = (what: string) =>
    new MillraceError('connector_option', `${origin.label}: ${what} in ${show(url)}; ${knows}`)
  const options: Record<string, string> = {}
  for (const [name, value] of given) {
    const values = Object.hasOwn(known, name) ? known[name] : undefined
    if (!values) throw wrong(`unknown option \`${name}\`${didYouMean(name, Object.keys(known))}`)
    if (Object.hasOwn(options, name)) throw wrong(`option \`${name}\` is given twice`)
    if (typeof value !== 'string' || !values.includes(value)) {
      throw wrong(`option \`${name}\` must be ${values.join(' or ')}, not ${show(value)}`)
    }
    options[name] = value
  }
  return options
}

const isScheme = (scheme: string): scheme is Scheme => Object.hasOwn(connectors, scheme)
