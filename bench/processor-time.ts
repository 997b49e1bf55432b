import { readFileSync } from 'node:fs'
import process from 'node:process'
import { bin } from './millrace.js'
import type { Command } from './processes.js'
import type { Surroundings } from './surroundings.js'

/** Says what a command and all that it waited for have cost, in a file of its own, since stderr is the command's. */
const TIMED = 'exec 3>&2; { TIMEFORMAT="%U %S"; time "$@" 2>&3; } 2>"$0"'

/** Processor time (user and system) of a Node program and of all its children, in seconds. Needs bash. */
export async function processorSeconds(
  surroundings: Surroundings,
  args: readonly string[],
  files: Pick<Command, 'from' | 'to'> = {},
): Promise<number> {
  const times = surroundings.path('times')
  await surroundings.processes.run({
    program: 'bash',
    args: ['-c', TIMED, times, process.execPath, ...args],
    ...files,
  })
  const [user, system] = readFileSync(times, 'utf8').trim().split(' ').map(Number)
  return user! + system!
}

/** The same of `millrace run` with these flags. */
export const processorSecondsOfRun = (
  surroundings: Surroundings,
  flags: Readonly<Record<string, string>>,
): Promise<number> => processorSeconds(surroundings, [bin, 'run', ...Object.entries(flags).flat()])
