import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { LetterPlace } from '../../config/config.js'
import { letterPlaceName } from '../../config/dead-letter-place.js'
import { findConfigFile } from '../../config/load-file.js'
import { RemoteDeadLetters } from '../../control/dead-letters.js'
import { locate, type Wanted } from '../../control/locate.js'
import { DeadLettersAtRest, type Exclusively } from '../../dead-letters/at-rest.js'
import { DeadLettersElsewhere } from '../../dead-letters/elsewhere.js'
import { MillraceError } from '../../errors.js'
import { systemClock } from '../../model/clock.js'
import type { DeadLetters } from '../../model/dead-letter.js'
import { configure } from '../configure.js'
import { reachable } from '../reach.js'
import type { Terminal } from '../terminal.js'

/** What a `dead` command is about, and what it works with. */
export interface DeadRequest {
  readonly wanted: Wanted
  readonly terminal: Terminal
}

/** A pipeline's dead letters, as a command reaches them. */
export interface Found {
  readonly letters: DeadLetters
  /** What they are called in messages: of a pipeline, or in a file. */
  readonly place: string
  readonly running: boolean
}

/** Where the letters of a pipeline that does not run are. */
interface Rest {
  readonly stateDir: string
  readonly to: LetterPlace
}

/**
 * The dead letters that a command is for: those of the pipeline of this name or state folder; said
 * neither, of the one configured in the current folder, or else of the only one that runs. A
 * pipeline that does not run is found by its folder.
 *
 * @throws MillraceError `not_running`, `ambiguous_pipeline`, and what is wrong with the configuration
 */
export async function findDeadLetters({ wanted, terminal }: DeadRequest): Promise<Found> {
  const { wanted: meant, rest } = await placeOf(wanted, terminal)
  try {
    const entry = locate(reachable(terminal), meant, terminal.cwd)
    return { letters: new RemoteDeadLetters(entry), place: `of ${entry.name}`, running: true }
  } catch (thrown) {
    if (!(thrown instanceof MillraceError) || thrown.code !== 'not_running') throw thrown
    if (!rest) throw notFound(wanted, thrown)
    return { letters: atRest(rest), place: `in ${letterPlaceName(rest.to)}`, running: false }
  }
}

function atRest({ stateDir, to }: Rest): DeadLetters {
  if (!('file' in to)) return new DeadLettersElsewhere(letterPlaceName(to))
  return new DeadLettersAtRest({ stateDir, path: to.file, exclusively, clock: systemClock })
}

/** Holds the lock of a state folder, as the pipeline would, so that none starts meanwhile. */
const exclusively: Exclusively = async (stateDir, work) => {
  const [{ makeStateDir }, { acquireLock }] = await Promise.all([
    import('../../primary/state/state-dir.js'),
    import('../../primary/state/lock.js'),
  ])
  await makeStateDir(stateDir)
  const lock = await acquireLock(stateDir)
  try {
    return await work()
  } finally {
    await lock.release()
  }
}

/** Whom to look for among those that run, and where its letters are if it does not. */
async function placeOf(wanted: Wanted, terminal: Terminal): Promise<{ wanted: Wanted; rest?: Rest }> {
  const { name, stateDir } = wanted
  if (stateDir !== undefined) return withFolder(wanted, resolve(terminal.cwd, stateDir))
  const here = await configuredHere(terminal)
  if (name === undefined) {
    // The only one that runs may be another: here, somebody means the one that is here.
    return here ? { wanted: { stateDir: here.stateDir }, rest: here } : { wanted }
  }
  if (here?.name === name) return { wanted, rest: here }
  return withFolder(wanted, join(terminal.cwd, '.millrace', name))
}

function withFolder(wanted: Wanted, stateDir: string): { wanted: Wanted; rest?: Rest } {
  if (!statSync(stateDir, { throwIfNoEntry: false })?.isDirectory()) return { wanted }
  return { wanted, rest: { stateDir, to: { file: join(stateDir, 'dead-letters.ndjson') } } }
}

/** The pipeline that `millrace run` would start here, if there is a configuration file. */
async function configuredHere(terminal: Terminal): Promise<(Rest & { readonly name: string }) | undefined> {
  if (findConfigFile(undefined, terminal.cwd) === undefined) return undefined
  // What a pipeline reads and writes here is not of interest: nothing is run.
  const piped = { ...terminal, stdinIsTTY: false }
  const { name, stateDir, deadLetter } = await configure({ file: undefined, flags: {} }, piped)
  return { name, stateDir, to: deadLetter.to }
}

function notFound({ name, stateDir }: Wanted, cause: MillraceError): MillraceError {
  const looked = stateDir ?? (name === undefined ? undefined : join('.millrace', name))
  const fix = 'name the state folder of one that does not with --state-dir'
  const message =
    looked === undefined
      ? `${cause.message}, or ${fix}, or go to the folder of its configuration file`
      : `${cause.message}, and there is no folder ${looked}; ${fix}`
  return new MillraceError('not_running', message, { cause })
}
