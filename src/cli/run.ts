import process from 'node:process'
import type { Config } from '../config/config.js'
import { readLimit } from '../config/limit.js'
import { controlFolders, type Entry, register, socketFor } from '../control/registry.js'
import { serveControl } from '../control/server.js'
import type { Controllable, Summary } from '../model/status.js'
import { ownVersion } from '../package.js'
import type { PipelineOptions } from '../primary/options.js'
import type { Overseer, Watched } from '../telemetry/notify/overseer.js'
import { type ConfigRequest, configure } from './configure.js'
import { type OverseenRun, overseersAbove } from './overseers.js'
import { heedSignals, terminalClosed } from './signals.js'
import type { Terminal } from './terminal.js'

/** A pipeline as the command line drives it. */
export interface Pipeline extends Controllable, Watched {
  readonly finished: Promise<{ readonly exitCode: number; readonly summary: Summary }>
  drain(why: string): void
  stopNow(): void
}

/** What a command line says about one run, beside its configuration. */
export interface RunRequest extends ConfigRequest {
  /** Begin at the start of the source, whatever the checkpoint says. */
  readonly fresh?: boolean | undefined
  /** As written: the number of records after which the run ends. */
  readonly limit?: string | undefined
}

/** What makes a configuration run, and tells of signals. Handed in, so that tests need no processes. */
export interface Launcher {
  start(config: Config, options: PipelineOptions): Promise<Pipeline>
  readonly signals: Pick<NodeJS.EventEmitter, 'on' | 'off'>
  /** Finds whoever stands above this process. */
  oversee(run: OverseenRun): Promise<Overseer>
}

export const launcher: Launcher = {
  start: async (config, options) => {
    const { startPipeline } = await import('../primary/start.js')
    return startPipeline(config, options)
  },
  signals: process,
  oversee: overseersAbove,
}

/** `millrace run`: runs a pipeline to its end, within reach of the other commands. Returns its exit code. */
export async function run(request: RunRequest, terminal: Terminal, launch: Launcher): Promise<number> {
  const { fresh = false } = request
  const limit = request.limit === undefined ? undefined : readLimit(request.limit, '--limit')
  const config = await configure(request, terminal)
  const version = ownVersion()
  const socket = socketFor(config.name, controlFolders(terminal.env)[0]!)
  const hungUp = () => terminalClosed(process.stderr.isTTY === true)
  const signals = heedSignals({ signals: launch.signals, hungUp })
  const overseer = await launch.oversee({
    shutdownTimeout: config.shutdown.timeout,
    drain: () => signals.end('asked by pm2'),
  })
  try {
    const options = { version, fresh, onEvent: overseer.heard, ...(limit && { limit }) }
    const pipeline = await launch.start(config, options)
    signals.passTo(pipeline)
    const { name, stateDir } = config
    const reached = () => overseer.watch(pipeline)
    return await runWithinReach(pipeline, { name, stateDir, socket, version, reached })
  } finally {
    signals.forget()
    await overseer.close()
  }
}

interface Reach extends Omit<Entry, 'pid' | 'since'> {
  /** Called when commands find the pipeline. */
  reached(): void
}

/** Serves a pipeline's control socket until it has ended. */
async function runWithinReach(pipeline: Pipeline, { reached, ...entry }: Reach): Promise<number> {
  const { socket, version } = entry
  const ended = pipeline.finished.then(
    ({ summary }) => summary,
    () => undefined,
  )
  const server = await serveControl(socket, { pipeline, version, ended }).catch(async (thrown: unknown) => {
    // Out of reach of every command, it must not run on.
    pipeline.stopNow()
    await ended
    throw thrown
  })
  const since = new Date().toISOString()
  const unregister = register({ ...entry, pid: process.pid, since })
  try {
    reached()
    return (await pipeline.finished).exitCode
  } finally {
    unregister()
    await server.close()
  }
}
