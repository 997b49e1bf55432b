import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { MillraceError, systemCodeOf } from '../errors.js'

/**
 * `import()` of the launcher (`launch/main.ts`), in what it launches: on Node 20, a script whose code was kept
 * has lost how to import.
 */
declare const importByLauncher: ImportModule | undefined
type ImportModule = (specifier: string) => Promise<unknown>

const importNatively: ImportModule =
  typeof importByLauncher === 'function' ? importByLauncher : (specifier) => import(specifier)

/** How TypeScript can be loaded here. Handed in, so that a test can be another Node. */
export interface TypeScriptLoader {
  /** Whether Node strips types itself (22.18 and newer). */
  readonly native: boolean
  /** Loads tsx, an optional peer. */
  loadTsx(): Promise<Tsx>
}

type Tsx = typeof import('tsx/esm/api')

export const typeScriptHere: TypeScriptLoader = {
  native: Boolean((process.features as { readonly typescript?: unknown }).typescript),
  loadTsx: async () => (await importNatively('tsx/esm/api')) as Tsx,
}

/**
 * The exports of a user's file, by its absolute path: ESM, CommonJS, TypeScript or JSON.
 *
 * Whatever the file throws goes through as it is.
 *
 * @throws MillraceError `typescript_unsupported`
 */
export async function importModule(
  path: string,
  typeScript: TypeScriptLoader = typeScriptHere,
): Promise<Readonly<Record<string, unknown>>> {
  const extension = extname(path)
  if (extension === '.json') return { default: JSON.parse(await readFile(path, 'utf8')) }
  const url = pathToFileURL(path).href
  if (!/^\.[mc]?ts$/.test(extension) || typeScript.native) return exportsOf(await importNatively(url))
  const { tsImport } = await typeScript.loadTsx().catch((cause: unknown) => {
    if (systemCodeOf(cause) !== 'ERR_MODULE_NOT_FOUND') throw cause
    const message = `${path} is TypeScript, which Node ${process.versions.node} cannot load by itself; use Node 22.18 or newer, or add tsx (npm install tsx)`
    throw new MillraceError('typescript_unsupported', message, { cause })
  })
  return exportsOf(await tsImport(url, import.meta.url))
}

/** Sees through the default export that Node puts around CommonJS, where that has a `default` of its own. */
function exportsOf(namespace: unknown): Readonly<Record<string, unknown>> {
  const exports = namespace as Readonly<Record<string, unknown>>
  const inner = exports.default
  if (typeof inner === 'object' && inner !== null && 'default' in inner) {
    return inner as Readonly<Record<string, unknown>>
  }
  return exports
}
