import process from 'node:process'
import type { Config } from '../config/config.js'
import { readLimit } from '../config/limit.js'
import { controlFolders, register, socketFor } from '../control/registry.js'
import { serveControl } from '../control/server.js'
import type { Controllable, Summary } from '../model/status.js'
import { ownVersion } from '../package.js'
import type { PipelineOptions } from '../primary/pipeline.js'
import { type ConfigRequest, configure } from './configure.js'
import type { Terminal } from './terminal.js'

/** A pipeline as the command line drives it. */
export interface Pipeline extends Controllable {
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
  start(config: Config, options: Omit<PipelineOptions, 'onEvent'>): Promise<Pipeline>
  readonly signals: Pick<NodeJS.EventEmitter, 'on' | 'off'>
}

export const launcher: Launcher = {
  start: async (config, options) => {
    const { startPipeline } = await import('../primary/pipeline.js')
    return startPipeline(config, options)
  },
  signals: process,
}

/** `millrace run`: runs a pipeline to its end, within reach of the other commands. Returns its exit code. */
export async function run(request: RunRequest, terminal: Terminal, launch: Launcher): Promise<number> {
  const { fresh = false } = request
  const limit = request.limit === undefined ? undefined : readLimit(request.limit, '--limit')
  const config = await configure(request, terminal)
  const version = ownVersion()
  const socket = socketFor(config.name, controlFolders(terminal.env)[0]!)
  const signals = heedSignals(launch.signals)
  try {
    const pipeline = await launch.start(config, { version, fresh, ...(limit && { limit }) })
    signals.passTo(pipeline)
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
    const { name, stateDir } = config
    const since = new Date().toISOString()
    const unregister = register({ name, pid: process.pid, stateDir, since, socket, version })
    try {
      return (await pipeline.finished).exitCode
    } finally {
      unregister()
      await server.close()
    }
  } finally {
    signals.forget()
  }
}

/** The first signal drains, the second stops at once. Those that come while a pipeline starts are kept for it. */
function heedSignals(signals: Launcher['signals']) {
  const heard: string[] = []
  let pipeline: Pipeline | undefined
  const tell = (signal: string, before: number) =>
    before === 0 ? pipeline?.drain(signal) : pipeline?.stopNow()
  const handlers = ['SIGINT', 'SIGTERM'].map((signal) => ({
    signal,
    handler: () => tell(signal, heard.push(signal) - 1),
  }))
  for (const { signal, handler } of handlers) signals.on(signal, handler)
  return {
    passTo: (started: Pipeline): void => {
      pipeline = started
      heard.forEach(tell)
    },
    forget: (): void => {
      for (const { signal, handler } of handlers) signals.off(signal, handler)
    },
  }
}
