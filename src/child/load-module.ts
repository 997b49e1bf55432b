import { pathToFileURL } from 'node:url'
import type { ModuleRef } from '../config/config.js'
import { MillraceError, messageOf, systemCodeOf } from '../errors.js'

/** The exports of a user's module, whatever it is written in. */
export type ModuleExports = Readonly<Record<string, unknown>>

/**
 * Loads a user's module: ESM, CommonJS, or TypeScript (natively from Node 22.18 on, through `tsx`
 * before). Rejects with `module_not_loadable` or `typescript_unsupported`, naming the module.
 */
export async function loadModule(ref: ModuleRef): Promise<ModuleExports> {
  if (/\.[cm]?tsx?$/.test(ref.path) && !('typescript' in process.features && process.features.typescript)) {
    await registerTsx(ref.path)
  }
  try {
    return exportsOf(await import(pathToFileURL(ref.path).href))
  } catch (cause) {
    throw new MillraceError('module_not_loadable', `${ref.path} could not be loaded: ${reasonOf(cause)}`, {
      cause,
    })
  }
}

/**
 * `import()` of CommonJS wraps `module.exports` as `default`; compiled ES modules put their own
 * default export inside that.
 */
function exportsOf(loaded: ModuleExports): ModuleExports {
  const inner = loaded.default
  const wrapsCommonJs = 'module.exports' in loaded || ('__esModule' in loaded && typeof inner === 'object')
  if (typeof inner === 'object' && inner !== null && (wrapsCommonJs || '__esModule' in inner)) {
    return inner as ModuleExports
  }
  if (typeof inner === 'function') return { ...inner, ...loaded, default: inner }
  return loaded
}

async function registerTsx(path: string): Promise<void> {
  try {
    const { register } = await import('tsx/esm/api')
    register()
  } catch (cause) {
    throw new MillraceError(
      'typescript_unsupported',
      `${path} is TypeScript, which Node ${process.versions.node} does not run by itself: install \`tsx\` beside millrace, or use Node 22.18 or newer`,
      { cause },
    )
  }
}

const reasonOf = (cause: unknown): string => {
  const code = systemCodeOf(cause)
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'ENOENT') return messageOf(cause)
  return cause instanceof SyntaxError ? `syntax error: ${cause.message}` : messageOf(cause)
}
