import type { ErrorCode } from '../errors.js'
import { didYouMean } from './nearest.js'
import { isGroup, type Option, type OptionTree, options, optionTree } from './options.js'
import { show } from './show.js'

/** Where a value was written, for messages and for relative paths. */
export interface Origin {
  /** How the user knows it: `--in-queue`, `MILLRACE_IN_QUEUE`, `` `inQueue` in /path/to/config ``. */
  readonly label: string
  /** Folder that relative paths start from. */
  readonly base: string
  /** The code of an error about it. */
  readonly code: ErrorCode
}

/** One value that somebody set, not yet checked. */
export interface Setting {
  readonly option: Option
  readonly value: unknown
  readonly origin: Origin
}

export interface Problem {
  readonly code: ErrorCode
  /** One line: the thing and the fix. */
  readonly line: string
}

export interface Layer {
  readonly settings: readonly Setting[]
  readonly problems: readonly Problem[]
}

/** What a configuration file sets. Unknown keys are problems. */
export function settingsOfFile(content: unknown, path: string, base: string): Layer {
  const settings: Setting[] = []
  const problems: Problem[] = []
  const visit = (object: Readonly<Record<string, unknown>>, tree: OptionTree, prefix: string) => {
    for (const [name, value] of Object.entries(object)) {
      const key = prefix + name
      const node = tree.get(name)
      const label = `\`${key}\` in ${path}`
      if (value === undefined && node) continue
      if (!node) problems.push({ code: 'bad_config', line: unknownKey(name, tree, prefix, path) })
      else if (!isGroup(node))
        settings.push({ option: node, value, origin: { label, base, code: 'bad_config' } })
      else if (isPlainObject(value)) visit(value, node, `${key}.`)
      else problems.push({ code: 'bad_config', line: notAGroup(label, node, value) })
    }
  }
  if (isPlainObject(content)) visit(content, optionTree, '')
  else
    problems.push({
      code: 'bad_config',
      line: `the default export of ${path} must be an object with the configuration's keys, not ${show(content)}`,
    })
  return { settings, problems }
}

const ownPrefix = 'MILLRACE_'
/** What a primary tells its children through their environment. */
const reservedPrefix = 'MILLRACE_CHILD_'

/** What the environment sets. Unknown `MILLRACE_` variables are problems. */
export function settingsOfEnvironment(env: Readonly<Record<string, string | undefined>>, cwd: string): Layer {
  const settings: Setting[] = []
  const problems: Problem[] = []
  for (const [variable, text] of Object.entries(env)) {
    if (text === undefined || !variable.startsWith(ownPrefix) || variable.startsWith(reservedPrefix)) continue
    const option = options.find((candidate) => candidate.variable === variable)
    const origin: Origin = { label: variable, base: cwd, code: 'bad_config' }
    if (option) settings.push({ option, value: readText(text, option), origin })
    else {
      problems.push({ code: 'bad_config', line: unknownVariable(variable) })
    }
  }
  return { settings, problems }
}

/** Flags of a command line by the key of their option; `label` is the flag as it was written. */
export type Flags = Readonly<Record<string, { readonly label: string; readonly text: string } | undefined>>

/** What the command line sets. */
export function settingsOfFlags(flags: Flags, cwd: string): Layer {
  const settings = options.flatMap((option) => {
    const flag = flags[option.key]
    if (!flag) return []
    const origin: Origin = { label: flag.label, base: cwd, code: 'bad_usage' }
    return [{ option, value: readText(flag.text, option), origin }]
  })
  return { settings, problems: [] }
}

/** What is wrong with the values themselves, in every layer: one that is overridden is wrong all the same. */
export function problemsWith(settings: readonly Setting[]): Problem[] {
  return settings.flatMap(({ option, value, origin }) => {
    if (option.type.safeParse(value).success) return []
    const given = option.secret ? '' : `, not ${show(value)}`
    return [{ code: origin.code, line: `${origin.label} must be ${option.expects}${given}` }]
  })
}

/** Text from a flag or variable is a number where its option takes that number. */
function readText(text: string, option: Option): unknown {
  const number = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  return option.type.safeParse(number).success ? number : text
}

function unknownKey(name: string, tree: OptionTree, prefix: string, path: string): string {
  const siblings = didYouMean(name, [...tree.keys()])
  const elsewhere = options.find(({ key }) => key.endsWith(`.${name}`))
  const hint = elsewhere && !siblings ? `; did you mean \`${elsewhere.key}\`?` : siblings
  const known = hint || `; known here: ${[...tree.keys()].join(', ')}`
  return `unknown key \`${prefix}${name}\` in ${path}${known}`
}

function unknownVariable(variable: string): string {
  const known = options.map((option) => option.variable)
  const hint = didYouMean(variable, known) || '; unset it'
  return `unknown environment variable \`${variable}\`${hint}`
}

function notAGroup(label: string, group: OptionTree, value: unknown): string {
  return `${label} must be an object of ${[...group.keys()].join(', ')}, not ${show(value)}`
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
