import { CommanderError } from 'commander'
import { exitCode, MillraceError, messageOf } from '../errors.js'
import { buildProgram } from './program.js'
import type { Launcher } from './run.js'
import { printLine, type Terminal } from './terminal.js'

/**
 * Executes one command line.
 *
 * @param argv without the names of node and of the script
 * @param launch what starts pipelines; the real thing unless a test says otherwise
 * @returns the exit code; whatever went wrong was told on stderr
 */
export async function main(argv: readonly string[], terminal: Terminal, launch?: Launcher): Promise<number> {
  let code: number = exitCode.ok
  const finish = (result: number) => {
    code = result
  }
  try {
    await buildProgram({ argv, terminal, launch, finish }).parseAsync(argv, { from: 'user' })
    return code
  } catch (thrown) {
    if (thrown instanceof CommanderError && (thrown.exitCode === 0 || thrown.code === 'commander.help')) {
      // Help and version were printed; help for want of a command is wrong usage.
      return thrown.exitCode === 0 ? exitCode.ok : exitCode.usage
    }
    const error = thrown instanceof CommanderError ? usageError(thrown) : thrown
    printLine(terminal.stderr, `millrace: ${describe(error, wantsStack(argv, terminal))}`)
    return error instanceof MillraceError ? error.exitCode : exitCode.failed
  }
}

/** Commander's own wording names the flag and the nearest one; only its form is ours. */
function usageError(thrown: CommanderError): MillraceError {
  const message = thrown.message
    .replace(/^error: /, '')
    .replace(/'(-[^']*)'/, '`$1`')
    .replace(/\n\(Did you mean (one of )?(.*)\?\)/s, '; did you mean $1`$2`?')
  return new MillraceError('bad_usage', message, { cause: thrown })
}

function describe(thrown: unknown, withStack: boolean): string {
  if (withStack && thrown instanceof Error) return thrown.stack ?? thrown.message
  return messageOf(thrown)
}

function wantsStack(argv: readonly string[], { env }: Terminal): boolean {
  const flag = argv.indexOf('--log-level')
  const levels = [flag < 0 ? undefined : argv[flag + 1], env.MILLRACE_LOG_LEVEL]
  const verbose = levels.some((level) => level === 'debug' || level === 'trace')
  return (
    Boolean(env.DEBUG) || verbose || argv.some((argument) => /^--log-level=(debug|trace)$/.test(argument))
  )
}
