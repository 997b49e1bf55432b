import { existsSync, readFileSync } from 'node:fs'

/** The folder of this package's package.json. The code stands somewhere below it: its sources deep, what is built of them less so. */
export function packageRoot(): URL {
  let folder = new URL('.', import.meta.url)
  while (!existsSync(new URL('package.json', folder))) folder = new URL('..', folder)
  return folder
}

/** The version in millrace's own package.json. */
export function ownVersion(): string {
  const text = readFileSync(new URL('package.json', packageRoot()), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}
