import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { LetterPlace } from '../config/config.js'
import { findConfigFile } from '../config/load-file.js'
import { locate, type Wanted } from '../control/locate.js'
import type { Entry } from '../control/registry.js'
import { MillraceError } from '../errors.js'
import { configure } from './configure.js'
import { reachable } from './reach.js'
import type { Terminal } from './terminal.js'

/** Where a pipeline that does not run keeps what it has left. */
export interface Rest {
  readonly stateDir: string
  /** Where its dead letters are. */
  readonly to: LetterPlace
}

/** A pipeline that a command is for, whether or not it runs. */
export type FoundPipeline = { readonly running: Entry } | { readonly rest: Rest }

/**
 * The pipeline of this name or state folder; said neither, the one configured in the current folder, or else
 * the only one that runs. A pipeline that does not run is found by its folder.
 *
 * @throws MillraceError `not_running`, `ambiguous_pipeline`, and what is wrong with the configuration
 */
export async function findPipeline(wanted: Wanted, terminal: Terminal): Promise<FoundPipeline> {
  const { wanted: meant, rest } = await placeOf(wanted, terminal)
  try {
    return { running: locate(reachable(terminal), meant, terminal.cwd) }
  } catch (thrown) {
    if (!(thrown instanceof MillraceError) || thrown.code !== 'not_running') throw thrown
    if (!rest) throw notFound(wanted, thrown)
    return { rest }
  }
}

/** Whom to look for among those that run, and where its state is if it does not. */
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
