import { readFileSync } from 'node:fs'

/** The version in millrace's own package.json, one folder up from here in the sources and when built. */
export function ownVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}
