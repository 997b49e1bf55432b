import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { MillraceError, messageOf } from '../errors.js'
import { importModule, type TypeScriptLoader, typeScriptHere } from './import-module.js'

const fileNames = ['ts', 'mts', 'js', 'mjs', 'cjs', 'json'].map((extension) => `millrace.config.${extension}`)

/** A configuration file as it was written. */
export interface LoadedFile {
  readonly path: string
  /** Folder that its relative paths start from. */
  readonly base: string
  /** Its default export, not yet checked. */
  readonly content: unknown
}

/**
 * Finds the configuration file: the one asked for, or the one in the current directory.
 *
 * @returns its absolute path; undefined when none was asked for and there is none
 * @throws MillraceError `config_not_found`, or `bad_config` when there is more than one to choose from
 */
export function findConfigFile(asked: string | undefined, cwd: string): string | undefined {
  if (asked !== undefined) {
    const path = resolve(cwd, asked)
    const found = statSync(path, { throwIfNoEntry: false })
    if (found?.isFile()) return path
    const what = found ? 'is not a file' : 'does not exist'
    throw new MillraceError('config_not_found', `configuration file ${path} ${what}; give the path of one`)
  }
  const present = configFilesIn(cwd)
  if (present.length > 1) {
    throw new MillraceError('bad_config', `${cwd} has ${present.join(' and ')}; say which one to use`)
  }
  return present[0] && join(cwd, present[0])
}

/** The names of the files in a folder that are found there as configurations. */
export const configFilesIn = (folder: string): string[] =>
  readdirSync(folder).filter((name) => fileNames.includes(name))

/**
 * Loads a configuration file by its absolute path.
 *
 * @throws MillraceError `bad_config` when it throws or exports nothing, `typescript_unsupported`
 */
export async function loadConfigFile(
  path: string,
  typeScript: TypeScriptLoader = typeScriptHere,
): Promise<LoadedFile> {
  const exports = await importModule(path, typeScript).catch((cause: unknown) => {
    if (cause instanceof MillraceError) throw cause
    throw new MillraceError('bad_config', `${path} cannot be loaded: ${messageOf(cause)}`, { cause })
  })
  if (exports.default === undefined) {
    throw new MillraceError(
      'bad_config',
      `${path} has no default export; write \`export default { worker: './worker.mjs' }\``,
    )
  }
  return { path, base: dirname(path), content: withoutSchema(exports.default, path) }
}

/** `$schema` tells an editor how to complete a JSON file; it is no key of the configuration. */
function withoutSchema(content: unknown, path: string): unknown {
  if (!basename(path).endsWith('.json') || typeof content !== 'object' || content === null) return content
  if (Array.isArray(content)) return content
  const { $schema: _, ...keys } = content as Readonly<Record<string, unknown>>
  return keys
}
