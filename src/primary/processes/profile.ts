import type { Clock } from '../../model/clock.js'
import type { Session } from './session.js'

/** Microseconds between two samples, unless the profile is too long for that. */
const INTERVAL_US = 1000

/** Samples of one profile: some 25 bytes each in the process, in the primary, and in the file. */
const MOST_SAMPLES = 60_000

/** Milliseconds that a process has to begin, and again to say what it found. */
const PATIENCE_MS = 5000

export interface ProfileOrder {
  readonly milliseconds: number
  readonly clock: Clock
  /** Aborted when nobody wants it any more. */
  readonly signal: AbortSignal
}

/** A session with the process that is meant, and its end whatever comes of it; undefined if there is none to be had. */
export type Visit = (work: (session: Session) => Promise<void>) => Promise<void>

/**
 * Has a process profiled: the bytes of a `.cpuprofile`. One that ends meanwhile is profiled up to
 * its end, if it ends by itself.
 *
 * Resolves with undefined when there is no answer: a stopped process looks at what it was asked when it is
 * continued, and then closes everything without having begun. So a visit may last longer than this.
 *
 * @throws Error when the process dies, or nobody wants the profile any more
 */
export function profileBy(visit: Visit, order: ProfileOrder): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const givenUp = new AbortController()
    const patience = (): (() => void) =>
      order.clock.after(PATIENCE_MS, () => {
        resolve(undefined)
        givenUp.abort()
      })
    const signal = AbortSignal.any([order.signal, givenUp.signal])
    signal.addEventListener('abort', () => reject(new Error('nobody wants the profile any more')), {
      once: true,
    })
    let lostPatience = patience()
    const work = async (session: Session): Promise<void> => {
      if (signal.aborted) return
      await start(session, intervalFor(order.milliseconds))
      lostPatience()
      await elapsed({ ...order, signal }, session.leaving)
      if (signal.aborted) return
      lostPatience = patience()
      resolve(await stop(session))
    }
    visit(work)
      .then(() => resolve(undefined), reject)
      .finally(() => lostPatience())
  })
}

const intervalFor = (milliseconds: number): number =>
  Math.max(INTERVAL_US, Math.ceil((milliseconds * 1000) / MOST_SAMPLES))

async function start(session: Session, interval: number): Promise<void> {
  // A process that ends says so then, instead of waiting in silence for its debugger to leave.
  await session.call('NodeRuntime.notifyWhenWaitingForDisconnect', { enabled: true })
  await session.call('Profiler.enable')
  await session.call('Profiler.setSamplingInterval', { interval })
  await session.call('Profiler.start')
  await showRunningLoops(session)
}

/**
 * A loop that runs was compiled while it ran, and of such code V8 tells a profiler that starts later
 * nothing: all its time would go to its caller. To count calls, it drops what it has compiled; what is hot
 * is compiled again within milliseconds, under the profiler's eyes.
 */
async function showRunningLoops(session: Session): Promise<void> {
  await session.call('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  await session.call('Profiler.stopPreciseCoverage')
}

function elapsed({ milliseconds, clock, signal }: ProfileOrder, leaving: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(milliseconds, resolve)
    const early = () => {
      cancel()
      resolve()
    }
    signal.addEventListener('abort', early, { once: true })
    void leaving.then(early)
  })
}

const HEAD = '{"profile":'

/** A profile can be large, and is not read here: what stands around it is cut off. */
async function stop(session: Session): Promise<Buffer> {
  const reply = await session.call('Profiler.stop')
  return reply.subarray(HEAD.length, -1)
}
