import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { millrace } from './pipeline-run.js'
import { temporaryFolder } from './temporary-folder.js'

const root = fileURLToPath(new URL('..', import.meta.url))

/** A folder in which `npx millrace` and `import 'millrace'` are the built package. */
export function projectFolder(t: Parameters<typeof temporaryFolder>[0]): string {
  const folder = temporaryFolder(t)
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, '.bin'), { recursive: true })
  symlinkSync(root, join(modules, 'millrace'))
  const [command, first] = millrace()
  const words = [command, ...first].map((word) => `"${word}"`).join(' ')
  writeFileSync(join(modules, '.bin', 'millrace'), `#!/bin/sh\nexec ${words} "$@"\n`)
  chmodSync(join(modules, '.bin', 'millrace'), 0o755)
  writeFileSync(join(folder, 'package.json'), '{ "name": "sample", "private": true }\n')
  return folder
}
