import type { Command } from 'commander'
import { type Option, options } from '../config/options.js'
import type { Flags } from '../config/settings.js'

/** Shorter names of flags that nearly every command line has. */
const aliases: Readonly<Record<string, string>> = { writer: '--from', sender: '--to' }

/** The keys of the configuration that mean something to a machine that joins a pipeline. */
export const JOIN_KEYS: readonly string[] = ['name', 'worker', 'workers', 'shutdown.timeout', 'log.level']

/**
 * Gives a command a flag for every option of the configuration.
 *
 * @param keys of those that it has; all of them if not given
 */
export function addConfigFlags(command: Command, keys?: readonly string[]): Command {
  for (const option of options.filter(({ key }) => keys?.includes(key) ?? true)) {
    const alias = aliases[option.key]
    const names = alias ? `${alias}, --${option.flag}` : `--${option.flag}`
    // A default name, after the worker's file, is for the pipeline itself: a machine that joins says which it means.
    const fallback = keys && option.key === 'name' ? 'Required' : `Default: ${plain(option.defaultText)}`
    command.option(`${names} <value>`, `${plain(option.description)} ${fallback}.`)
  }
  return command
}

/** The flags of a command line that belong to the configuration. */
export function configFlagsOf(command: Command, argv: readonly string[]): Flags {
  const given: Readonly<Record<string, unknown>> = command.opts()
  return Object.fromEntries(
    options.flatMap((option) => {
      const text = given[attributeOf(option)]
      return typeof text === 'string' ? [[option.key, { label: labelOf(option, argv), text }]] : []
    }),
  )
}

/** The name under which commander keeps a flag: `retry-attempts` is `retryAttempts`. */
const attributeOf = ({ flag }: Option) =>
  flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** The flag as it was written, which may be its alias. */
function labelOf(option: Option, argv: readonly string[]): string {
  const alias = aliases[option.key]
  const written = alias && argv.some((argument) => argument === alias || argument.startsWith(`${alias}=`))
  return written ? alias : `--${option.flag}`
}

const plain = (text: string) => text.replaceAll('`', '')
