import { batchingOf } from '../config/batching.js'
import type { ModuleRef } from '../config/config.js'
import { MillraceError } from '../errors.js'
import type { Role } from '../model/role.js'

type Exports = Readonly<Record<string, unknown>>

/** What a role's default export may be. */
interface Shape {
  readonly fits: (exported: unknown) => boolean
  /** Completes "its default export must be". */
  readonly expects: string
}

const shapes: Readonly<Record<Role, Shape>> = {
  worker: {
    fits: isFunction,
    expects: 'a function, such as `export default async (value, ctx) => value`',
  },
  writer: {
    fits: (exported) =>
      isFunction(exported) || (hasMethods(exported, ['open']) && isSourceKind(exported.kind)),
    expects: 'a generator function, such as `export default async function* (ctx) { … }`, or a Source',
  },
  sender: {
    fits: (exported) => isFunction(exported) || hasMethods(exported, ['open', 'deliver']),
    expects: 'a function, such as `export default async (value, ctx) => { … }`, or a Sink',
  },
}

/**
 * Checks what a user's module exports, as far as that can be seen without calling it.
 *
 * @throws MillraceError `module_shape`
 */
export function checkShape(role: Role, exports: Exports, ref: ModuleRef): void {
  const wrong = (why: string) => new MillraceError('module_shape', `${role} module ${ref.path}: ${why}`)
  const { fits, expects } = shapes[role]
  if (!fits(exports.default)) {
    const lead = exports.default === undefined ? 'it has no default export; it' : 'its default export'
    throw wrong(`${lead} must be ${expects}`)
  }
  for (const hook of ['setup', 'teardown']) {
    if (exports[hook] !== undefined && !isFunction(exports[hook]))
      throw wrong(`\`${hook}\` must be a function`)
  }
  if (role !== 'writer') batchingOf(exports.batch, ref)
  else if (exports.live !== undefined && typeof exports.live !== 'boolean') {
    throw wrong('`live` must be true or false')
  }
}

function isFunction(exported: unknown): boolean {
  return typeof exported === 'function'
}

function hasMethods(exported: unknown, names: readonly string[]): exported is Exports {
  if (typeof exported !== 'object' || exported === null) return false
  return names.every((name) => isFunction((exported as Exports)[name]))
}

const isSourceKind = (kind: unknown) => kind === 'positioned' || kind === 'counted' || kind === 'live'
