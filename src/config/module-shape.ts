import { MillraceError } from '../errors.js'
import type { Role } from '../model/role.js'
import type { Sink } from '../model/sink.js'
import type { Source } from '../model/source.js'
import { batchingOf } from './batching.js'
import type { ModuleRef } from './config.js'

type Exports = Readonly<Record<string, unknown>>

/** What a role's default export may be. */
interface Shape {
  /** Completes "… has no". */
  readonly noun: string
  /** Completes "its default export must be". */
  readonly expects: string
  /** Whether it is an object that does all by itself, beside which no other export counts. */
  readonly isWhole: (exported: unknown) => boolean
  /** Checks the exports that count beside a function. */
  readonly checkOthers: (exports: Exports, ref: ModuleRef) => void
}

const shapes: Readonly<Record<Role, Shape>> = {
  worker: {
    noun: 'handler',
    expects: 'a function, such as `export default async (value, ctx) => value`',
    isWhole: () => false,
    checkOthers: (exports, ref) => {
      checkHooksAndBatch(exports, ref)
      checkFunctions(['retryable'], exports, ref)
    },
  },
  writer: {
    noun: 'writer',
    expects: 'a generator function, such as `export default async function* (ctx) { … }`, or a Source',
    isWhole: isSource,
    checkOthers: ({ live }, ref) => {
      if (live === undefined || typeof live === 'boolean') return
      throw new MillraceError('module_shape', `\`live\` of ${ref.path} must be true or false`)
    },
  },
  sender: {
    noun: 'sender',
    expects: 'a function, such as `export default async (value, ctx) => { … }`, or a Sink',
    isWhole: isSink,
    checkOthers: checkHooksAndBatch,
  },
}

/**
 * Checks what a user's module exports, as far as that can be seen without calling it. The role that
 * runs the module and the command that only checks it have this one measure.
 *
 * @throws MillraceError `module_shape`, naming the export and what it should be
 */
export function checkModuleShape(role: Role, exports: Exports, ref: ModuleRef): void {
  const { noun, expects, isWhole, checkOthers } = shapes[role]
  if (isWhole(exports.default)) return
  if (!isFunction(exports.default)) {
    throw new MillraceError(
      'module_shape',
      `${role} module ${ref.path} has no ${noun}: its default export must be ${expects}`,
    )
  }
  checkOthers(exports, ref)
}

export function isSource(exported: unknown): exported is Source {
  if (!hasMethods(exported, ['open'])) return false
  return exported.kind === 'positioned' || exported.kind === 'counted' || exported.kind === 'live'
}

export function isSink(exported: unknown): exported is Sink {
  return hasMethods(exported, ['open', 'deliver'])
}

function checkHooksAndBatch(exports: Exports, ref: ModuleRef): void {
  checkFunctions(['setup', 'teardown'], exports, ref)
  batchingOf(exports.batch, ref)
}

/** These exports may be left out, but not be anything else. */
function checkFunctions(names: readonly string[], exports: Exports, ref: ModuleRef): void {
  for (const name of names) {
    if (exports[name] === undefined || isFunction(exports[name])) continue
    throw new MillraceError('module_shape', `\`${name}\` of ${ref.path} must be a function`)
  }
}

const isFunction = (exported: unknown): boolean => typeof exported === 'function'

function hasMethods(exported: unknown, names: readonly string[]): exported is Exports {
  if (typeof exported !== 'object' || exported === null) return false
  return names.every((name) => isFunction((exported as Exports)[name]))
}
