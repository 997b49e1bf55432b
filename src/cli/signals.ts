import { closeSync, openSync } from 'node:fs'
import { messageOf } from '../errors.js'
import type { PipelineEvent } from '../telemetry/events.js'

/** What signals can do to a pipeline. */
export interface Obedient {
  drain(why: string): void
  stopNow(): void
  restart(target: string): Promise<unknown>
  note(event: PipelineEvent): void
}

export interface SignalParts {
  readonly signals: Pick<NodeJS.EventEmitter, 'on' | 'off'>
  /** Whether the terminal that this was started on has gone away; see {@link terminalClosed}. */
  hungUp(): boolean
}

/**
 * The first of SIGINT and SIGTERM drains, the second stops at once. Those that come while a pipeline
 * starts are kept for it. SIGHUP restarts the workers; where it means that the terminal was closed,
 * it is one more way to ask for an end.
 */
export function heedSignals({ signals, hungUp }: SignalParts) {
  const heard: string[] = []
  let pipeline: Obedient | undefined
  const roll = rollOnce()
  const tell = (signal: string, before: number) =>
    before === 0 ? pipeline?.drain(signal) : pipeline?.stopNow()
  const end = (signal: string) => tell(signal, heard.push(signal) - 1)
  const hangUp = () => {
    if (hungUp()) end('SIGHUP')
    // What is still starting loads the newest code by itself.
    else if (pipeline) void roll(pipeline)
  }
  const handlers = [
    ...['SIGINT', 'SIGTERM'].map((signal) => ({ signal, handler: () => end(signal) })),
    { signal: 'SIGHUP', handler: hangUp },
  ]
  for (const { signal, handler } of handlers) signals.on(signal, handler)
  return {
    /** Asks for an end in the place of a signal. */
    end,
    passTo: (started: Obedient): void => {
      pipeline = started
      heard.forEach(tell)
    },
    forget: (): void => {
      for (const { signal, handler } of handlers) signals.off(signal, handler)
    },
  }
}

/** Restarts the workers; asked again meanwhile, once more after that, because the code may be newer still. */
function rollOnce(): (pipeline: Obedient) => Promise<void> {
  /** The roll that is under way, and one more at the most. */
  let wanted = 0
  return async (pipeline) => {
    wanted = Math.min(2, wanted + 1)
    if (wanted === 2) return
    for (; wanted > 0; wanted--) await reload(pipeline)
  }
}

/** A roll that fails is told, and ends nothing: the workers that were not replaced stay. */
async function reload(pipeline: Obedient): Promise<void> {
  const begun = performance.now()
  pipeline.note({ type: 'reloading', why: 'SIGHUP' })
  try {
    await pipeline.restart('workers')
    pipeline.note({ type: 'reloaded', seconds: (performance.now() - begun) / 1000 })
  } catch (error) {
    pipeline.note({ type: 'reloadFailed', error: messageOf(error) })
  }
}

/** Whether there is no terminal any more, in a process that was started on one: a closed one cannot be opened. */
export function terminalClosed(stderrIsTTY: boolean): boolean {
  if (!stderrIsTTY) return false
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return false
  } catch {
    return true
  }
}
