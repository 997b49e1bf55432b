import type { Wanted } from '../control/locate.js'
import { MillraceError } from '../errors.js'
import { reachable } from './reach.js'
import type { Terminal } from './terminal.js'

/** What a command is for: processes of a pipeline. */
interface Targeted extends Wanted {
  readonly target: string
}

/**
 * Does what was asked of a process.
 *
 * @param example of a process that the command takes
 * @throws MillraceError what `ask` throws; when a pipeline was named where a process belongs, it says how to name it
 */
export async function askOf<T>(
  { target }: Targeted,
  terminal: Terminal,
  example: string,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask()
  } catch (cause) {
    const wrongTarget =
      cause instanceof MillraceError &&
      (cause.code === 'unknown_target' || cause.code === 'ambiguous_pipeline')
    if (!wrongTarget || reachable(terminal).every(({ name }) => name !== target)) throw cause
    const message = `\`${target}\` is a pipeline, and no process; name the pipeline with --name ${target}, and what of it is meant: ${example} --name ${target}`
    throw new MillraceError(cause.code, message, { cause })
  }
}
