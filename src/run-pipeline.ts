import type { ConfigInput } from './config/schema.js'
import type { PipelineOptions } from './primary/options.js'
import type { Pipeline } from './primary/pipeline.js'

/**
 * Runs a pipeline in this process, without the command line: forks its children, and leaves signals
 * and exit code to the caller.
 *
 * @param input as in a configuration file; relative paths are relative to the current directory
 * @param options of this run only: who hears its events, `fresh` to ignore the checkpoint, and the
 *   `limit` of records after which it ends
 * @returns the running pipeline; await its `finished`
 * @throws MillraceError `bad_config`, `bad_usage` and others, naming the key and the fix
 *
 * @example
 * const pipeline = await runPipeline({ writer: 'count:1000', worker: './worker.mjs', sender: 'null:' })
 * const { summary } = await pipeline.finished
 */
export async function runPipeline(
  input: ConfigInput,
  options: Omit<PipelineOptions, 'version'> = {},
): Promise<Pipeline> {
  // Workers' modules import this package too, and should not load all that a primary needs.
  const [{ availableCpus }, { checkLimit }, { resolveConfig }, { startPipeline }, { ownVersion }] =
    await Promise.all([
      import('./config/available-cpus.js'),
      import('./config/limit.js'),
      import('./config/resolve.js'),
      import('./primary/start.js'),
      import('./package.js'),
    ])
  if (options.limit !== undefined) checkLimit(options.limit, '`limit`')
  const cwd = process.cwd()
  const surroundings = { cwd, env: {}, stdinIsTTY: false, stdoutIsTTY: true, availableCpus: availableCpus() }
  const file = { path: 'the configuration', base: cwd, content: input }
  const config = resolveConfig({ flags: {}, file, surroundings })
  const keepsState = input.name !== undefined || input.stateDir !== undefined
  return startPipeline({ ...config, keepsState, file: undefined }, { ...options, version: ownVersion() })
}
