import { readFileSync } from 'node:fs'
import { MillraceError, systemCodeOf } from './errors.js'

interface PackageJson {
  readonly name?: string
  readonly version: string
}

/**
 * The folder of this package's package.json. The code stands somewhere below it: its sources deep, what
 * is built of them less so.
 *
 * @throws MillraceError `not_installed` when the code was taken out of the package
 */
export function packageRoot(): URL {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    if (packageIn(folder)?.name === 'millrace') return folder
    if (folder.pathname === '/') break
  }
  throw new MillraceError(
    'not_installed',
    'millrace cannot find its own files: its processes are started from them, so it cannot be part of a bundle. Install it beside what you bundle, and leave it out there (`external`).',
  )
}

/** The version in millrace's own package.json. */
export function ownVersion(): string {
  return packageIn(packageRoot())!.version
}

function packageIn(folder: URL): PackageJson | undefined {
  try {
    return JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as PackageJson
  } catch (error) {
    if (error instanceof SyntaxError || systemCodeOf(error) === 'ENOENT') return undefined
    throw error
  }
}
