import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { systemCodeOf } from '../src/errors.js'

/** What contenders are made of that need not be on every machine. */
export type Tool = 'python3' | 'parallel' | 'bash' | 'piscina' | 'workerpool'

/** The version of each; undefined when it is missing. */
export type Versions = Readonly<Record<Tool, string | undefined>>

export const findTools = (): Versions => ({
  python3: firstLineOf('python3')?.replace('Python ', ''),
  // Others have a program of this name too.
  parallel: /^GNU parallel (\S+)/.exec(firstLineOf('parallel') ?? '')?.[1],
  bash: /version (\S+)/.exec(firstLineOf('bash') ?? '')?.[1],
  piscina: packageVersion('piscina'),
  workerpool: packageVersion('workerpool'),
})

/** How to get what is missing. */
export const remedies: Readonly<Record<Tool, string>> = {
  python3: 'install Python 3 (apt-get install python3)',
  parallel: 'install GNU parallel (apt-get install parallel)',
  bash: 'install bash',
  piscina: 'npm ci',
  workerpool: 'npm ci',
}

function firstLineOf(program: string): string | undefined {
  try {
    const text = execFileSync(program, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return text.split('\n', 1)[0]
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Read from its package.json, since not every package lets that be imported. */
function packageVersion(name: string): string | undefined {
  for (const folder of createRequire(import.meta.url).resolve.paths(name) ?? []) {
    try {
      return (JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')) as { version: string })
        .version
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) throw error
    }
  }
  return undefined
}
