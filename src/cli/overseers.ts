import process from 'node:process'
import { systemClock } from '../model/clock.js'
import { NOTIFY_VARIABLES, type Overseer } from '../telemetry/notify/overseer.js'

export interface OverseenRun {
  /** `shutdown.timeout` in milliseconds. */
  readonly shutdownTimeout: number
  /** Called when one of them asks for an end otherwise than by a signal. */
  drain(): void
}

/**
 * Whoever stands above this process and wants to know how its pipeline is: systemd, pm2, both or
 * nobody. To be called before anything is forked: what systemd has said to this process is taken out of
 * its environment, so that no child speaks in its name.
 */
export async function overseersAbove(run: OverseenRun): Promise<Overseer> {
  const [address, interval, watched] = NOTIFY_VARIABLES.map((name) => {
    const value = process.env[name]
    delete process.env[name]
    return value
  })
  const overseers: Overseer[] = []
  if (address) {
    const forUs = watched === undefined || Number(watched) === process.pid
    overseers.push(await systemdAt(address, forUs ? interval : undefined, run.shutdownTimeout))
  }
  if (process.send && process.env.pm_id !== undefined) {
    const { pm2Overseer } = await import('../telemetry/notify/pm2.js')
    overseers.push(pm2Overseer(process, run.drain))
  }
  return {
    heard: (event) => {
      for (const { heard } of overseers) heard(event)
    },
    ready: () => {
      for (const overseer of overseers) overseer.ready()
    },
    watch: (pipeline) => {
      for (const overseer of overseers) overseer.watch(pipeline)
    },
    close: async () => {
      await Promise.all(overseers.map((overseer) => overseer.close()))
    },
  }
}

/** @param interval of the watchdog, in microseconds as systemd writes them */
async function systemdAt(
  address: string,
  interval: string | undefined,
  shutdownTimeout: number,
): Promise<Overseer> {
  const [{ SystemdOverseer }, { openNotifySocket }] = await Promise.all([
    import('../telemetry/notify/systemd.js'),
    import('../telemetry/notify/socket.js'),
  ])
  const socket = await openNotifySocket(address)
  const watchdog = Number(interval) / 1000
  return new SystemdOverseer({
    clock: systemClock,
    socket,
    watchdog: watchdog > 0 ? watchdog : undefined,
    shutdownTimeout,
    monotonic: () => process.hrtime.bigint() / 1000n,
  })
}
