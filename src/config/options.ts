import * as z from 'zod'
import { optionNotes, schema } from './schema.js'

/** One key of the configuration that takes a value, with all the names it goes by. */
export interface Option {
  /** `retry.attempts` */
  readonly key: string
  /** `retry-attempts` */
  readonly flag: string
  /** `MILLRACE_RETRY_ATTEMPTS` */
  readonly variable: string
  readonly type: z.ZodType
  readonly description: string
  /** Completes "… must be". */
  readonly expects: string
  /** As somebody would write it in JavaScript, or in words. */
  readonly defaultText: string
  readonly secret: boolean
}

/** Keys of one object of the configuration: each an option, or a group of more. */
export type OptionTree = ReadonlyMap<string, Option | OptionTree>

export const optionTree: OptionTree = treeOf(schema.shape, [])

export const options: readonly Option[] = leavesOf(optionTree)

/** The flag that sets a key, without its dashes. */
function flagOf(key: string): string {
  return key.replaceAll('.', '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** The environment variable that sets a key. */
function variableOf(key: string): string {
  return `MILLRACE_${flagOf(key).toUpperCase().replaceAll('-', '_')}`
}

export function isGroup(node: Option | OptionTree): node is OptionTree {
  return node instanceof Map
}

function treeOf(shape: Readonly<Record<string, z.core.$ZodType>>, path: readonly string[]): OptionTree {
  return new Map(
    Object.entries(shape).map(([name, type]) => {
      const inner = type instanceof z.ZodPrefault ? type.unwrap() : type
      const here = [...path, name]
      return [name, inner instanceof z.ZodObject ? treeOf(inner.shape, here) : optionAt(here, type)]
    }),
  )
}

function optionAt(path: readonly string[], type: z.core.$ZodType): Option {
  const notes = optionNotes.get(type)
  if (!(type instanceof z.ZodType) || !notes) throw new Error(`${path.join('.')} has no notes in the schema`)
  const key = path.join('.')
  return {
    key,
    flag: flagOf(key),
    variable: variableOf(key),
    type,
    description: type.description ?? '',
    expects: notes.expects,
    defaultText: notes.defaultText ?? defaultOf(type),
    secret: notes.secret ?? false,
  }
}

function defaultOf(type: z.ZodType): string {
  const value: unknown = type instanceof z.ZodPrefault ? type.def.defaultValue : undefined
  return typeof value === 'string' ? `'${value}'` : String(value)
}

function leavesOf(tree: OptionTree): Option[] {
  return [...tree.values()].flatMap((node) => (isGroup(node) ? leavesOf(node) : [node]))
}
