import type { ModuleRef } from '../config/config.js'
import { importModule } from '../config/import-module.js'
import { MillraceError, messageOf } from '../errors.js'

/** The exports of a user's module, whatever it is written in. */
export type ModuleExports = Readonly<Record<string, unknown>>

/** Loads a user's module. Rejects with `module_not_loadable` or `typescript_unsupported`, naming the module. */
export async function loadModule(ref: ModuleRef): Promise<ModuleExports> {
  try {
    return withOwnProperties(await importModule(ref.path))
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause
    const kind = cause instanceof SyntaxError ? 'syntax error: ' : ''
    throw new MillraceError(
      'module_not_loadable',
      `${ref.path} could not be loaded: ${kind}${messageOf(cause)}`,
      {
        cause,
      },
    )
  }
}

/** `module.exports = handler; handler.setup = …`, as CommonJS is often written. */
function withOwnProperties(exports: ModuleExports): ModuleExports {
  const { default: made } = exports
  return typeof made === 'function' ? { ...made, ...exports } : exports
}
