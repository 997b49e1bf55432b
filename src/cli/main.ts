import { type Command, CommanderError } from 'commander'
import { didYouMean } from '../config/nearest.js'
import { exitCode, MillraceError, messageOf } from '../errors.js'
import { namedByFlagOnly } from './pipeline-options.js'
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
  const program = buildProgram({ argv, terminal, launch, finish })
  try {
    await program.parseAsync(argv, { from: 'user' })
    return code
  } catch (thrown) {
    if (thrown instanceof CommanderError && (thrown.exitCode === 0 || thrown.code === 'commander.help')) {
      // Help and version were printed; help for want of a command is wrong usage.
      return thrown.exitCode === 0 ? exitCode.ok : exitCode.usage
    }
    const error = thrown instanceof CommanderError ? usageError(thrown, program, argv) : thrown
    printLine(terminal.stderr, `millrace: ${describe(error, wantsStack(argv, terminal))}`)
    return error instanceof MillraceError ? error.exitCode : exitCode.failed
  }
}

/** What is missing or too much, and the fix; else commander's wording, with the nearest name by our own measure. */
function usageError(thrown: CommanderError, program: Command, argv: readonly string[]): MillraceError {
  const fixed = wrongArguments(thrown, commandOf(program, argv))
  if (fixed !== undefined) return new MillraceError('bad_usage', fixed, { cause: thrown })
  const [told = ''] = thrown.message.replace(/^error: /, '').split('\n(Did you mean')
  const unknown = /unknown (option|command) '([^']*)'/.exec(told)
  const [, kind, name = ''] = unknown ?? []
  const command = commandOf(program, argv)
  const names = kind === 'option' ? flagsOf(command) : commandsOf(command)
  const hint = name && didYouMean(name, names)
  const message = told.replace(/'(-[^']*)'/, '`$1`') + hint
  return new MillraceError('bad_usage', message, { cause: thrown })
}

/** What to do about a command's arguments, if they are what is wrong. */
function wrongArguments({ code }: CommanderError, command: Command): string | undefined {
  const { args, registeredArguments: wanted } = command
  const missing = wanted[args.length]
  if (code === 'commander.missingArgument' && missing) {
    const [first = '', ...rest] = missing.description
    return `\`${command.name()}\` needs <${missing.name()}>: ${first.toLowerCase()}${rest.join('').replace(/\.$/, '')}`
  }
  const extra = args[wanted.length]
  if (code === 'commander.excessArguments' && extra !== undefined && namedByFlagOnly(command)) {
    return `\`${command.name()}\` does not take \`${extra}\` as well; name the pipeline with --name ${extra}`
  }
  return undefined
}

const commandsOf = (program: Command): string[] => program.commands.map((command) => command.name())

/** The command that a command line names, or the part of it that there is: `dead` for `dead lits`. */
function commandOf(command: Command, [name, ...more]: readonly string[]): Command {
  const named = command.commands.find((each) => each.name() === name)
  return named ? commandOf(named, more) : command
}

/** The flags of a command; an option may have two. */
const flagsOf = (command: Command): string[] =>
  command.options.flatMap(({ flags }) => flags.match(/--[a-z-]+/g) ?? [])

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
