import type { Config, NatsTransport } from '../config/config.js'
import { openNatsBus } from '../join/nats-bus.js'
import { systemClock } from '../model/clock.js'
import { forkChild } from '../primary/processes/fork.js'
import { Reaper } from '../primary/processes/reaper.js'
import { childMark } from '../primary/state/orphans.js'
import type { PipelineEvent } from '../telemetry/events.js'
import { logDestination, logEvents, primaryLogger } from '../telemetry/log.js'
import { Garrison } from './garrison.js'
import { Outpost } from './outpost.js'
import { reportTo } from './report.js'

export interface OutpostOptions {
  /** millrace's own version. */
  readonly version: string
  readonly transport: NatsTransport
}

/** An outpost that runs in this process. */
export interface RunningOutpost {
  readonly finished: Promise<number>
  leave(why: string): void
  leaveNow(): void
  /** Tells its log. */
  note(event: PipelineEvent): void
}

/**
 * Lends this machine's cores to the pipeline that a configuration names.
 *
 * @throws MillraceError `broker_unreachable`, `broker_unfit`
 */
export async function startOutpost(
  { name, worker, workers, log: { level }, shutdown }: Config,
  { version, transport }: OutpostOptions,
): Promise<RunningOutpost> {
  const pretty = process.stderr.isTTY === true
  const log = primaryLogger(name, level, await logDestination(pretty), 'outpost')
  let outpost: Outpost | undefined
  const clientName = `millrace-${name}-outpost ${process.pid}`
  const bus = await openNatsBus(transport, clientName, (error) => outpost?.fail(error))
  const reaper = new Reaper((reason) => log.warn(`children are unguarded for now: ${reason}`))
  // It keeps no state, so no later primary looks for its children.
  const mark = childMark(undefined)
  const garrison = new Garrison({
    reaper,
    module: worker.path,
    fork: () => forkChild({ role: 'worker', stdin: false, stdout: false, memory: undefined, mark }),
  })
  const started = new Outpost({
    name,
    version,
    workers,
    bus,
    garrison,
    shutdownTimeout: shutdown.timeout,
    clock: systemClock,
    emit: reportTo(log),
  })
  outpost = started
  void bus.closed.then((error) => error && started.fail(error))
  const finished = started.finished.finally(async () => {
    await bus.close()
    reaper.close()
  })
  return {
    finished,
    leave: (why) => started.leave(why),
    leaveNow: () => started.leaveNow(),
    note: logEvents(log, pretty),
  }
}
