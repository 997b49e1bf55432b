import { availableCpus } from '../config/available-cpus.js'
import type { Config } from '../config/config.js'
import { findConfigFile, loadConfigFile } from '../config/load-file.js'
import { resolveConfig } from '../config/resolve.js'
import type { Flags } from '../config/settings.js'
import type { Terminal } from './terminal.js'

/** What a command line says about the configuration. */
export interface ConfigRequest {
  /** The path of the file, if one was given; null for none whatever there is. */
  readonly file: string | undefined | null
  readonly flags: Flags
}

/** The configuration that a command line means: its file, the environment and its flags. */
export async function configure(request: ConfigRequest, terminal: Terminal): Promise<Config> {
  const path = request.file === null ? undefined : findConfigFile(request.file, terminal.cwd)
  const file = path === undefined ? undefined : await loadConfigFile(path)
  const { cwd, env, stdinIsTTY, stdoutIsTTY } = terminal
  const surroundings = { cwd, env, stdinIsTTY, stdoutIsTTY, availableCpus: availableCpus() }
  return resolveConfig({ flags: request.flags, file, surroundings })
}
