import { MillraceError, messageOf } from '../errors.js'
import type { Clock } from '../model/clock.js'
import type { ProfileRequest, StackReport } from '../model/inspection.js'
import { AT_WORK, atWorkIn } from './at-work.js'
import type { ChildProcess } from './processes/child-process.js'
import { ownSession } from './processes/own-session.js'
import { profileBy, type Visit } from './processes/profile.js'
import type { Supervisor } from './processes/supervisor.js'
import { inFlowOrder, listed, meant } from './roster.js'
import type { Router } from './router/router.js'

/** Milliseconds that a process has to say where it is. */
const PATIENCE_MS = 5000

const PRIMARY = 'primary'

export interface InspectionParts {
  readonly supervisor: Pick<Supervisor, 'posts'>
  readonly clock: Clock
  router(): Pick<Router, 'dispatch' | 'inHand'>
}

/** Whom a profile is of. */
interface Profiled {
  readonly id: string
  readonly pid: number
  readonly visit: Visit
}

/** Looks into the processes of a pipeline while they run, whatever they do. */
export class Inspection {
  readonly #parts: InspectionParts
  /** Processes that are being profiled, by id. */
  readonly #profiled = new Set<string>()

  constructor(parts: InspectionParts) {
    this.#parts = parts
  }

  /** @throws MillraceError `unknown_target`, `no_answer` */
  async stack(target: string): Promise<StackReport> {
    if (target === PRIMARY) {
      throw new MillraceError(
        'unknown_target',
        'the primary answers this itself, so all it could say is that it does; `millrace profile primary` says what it spends its time on',
      )
    }
    const child = this.#child(target, 'is asked where it is')
    const found = await child.whereabouts(AT_WORK, PATIENCE_MS)
    if (!found) throw noAnswer(target, child.pid)
    const { id = null, count = 0, ids = [] } = atWorkIn(found.value) ?? {}
    const { clock, router } = this.#parts
    const [oldest] = router().dispatch.holdings(child.key)
    return {
      process: target,
      pid: child.pid,
      state: child.state,
      stack: found.stack === '' ? [] : found.stack.split('\n').map((frame) => frame.trim()),
      record: id,
      atWork: { count, ids },
      inHand: router().inHand(child),
      heldSeconds: oldest ? Math.round(clock.now() - oldest.since) / 1000 : null,
    }
  }

  /** @throws MillraceError `unknown_target`, `no_answer`, `profile_running` */
  async profile({ target, seconds, signal }: ProfileRequest): Promise<Buffer> {
    const { id, pid, visit } = this.#profiledBy(target)
    if (this.#profiled.has(id)) {
      throw new MillraceError(
        'profile_running',
        `${id} is being profiled already; try again when that is done`,
      )
    }
    this.#profiled.add(id)
    const { clock } = this.#parts
    try {
      const taken = await profileBy(visit, { milliseconds: seconds * 1000, clock, signal })
      if (taken) return taken
    } catch (cause) {
      const message = `${id} (pid ${pid}) could not be profiled to the end: ${messageOf(cause)}`
      throw new MillraceError('no_answer', message, { cause })
    } finally {
      this.#profiled.delete(id)
    }
    throw noAnswer(id, pid)
  }

  #profiledBy(target: string): Profiled {
    if (target === PRIMARY) return { id: PRIMARY, pid: process.pid, visit: visitSelf }
    const child = this.#child(target, 'is profiled')
    return { id: target, pid: child.pid, visit: (work) => child.visit(work) }
  }

  /** @param what would be done, for the message */
  #child(target: string, what: string): ChildProcess {
    const { supervisor } = this.#parts
    const posts = inFlowOrder(supervisor.posts)
    const post = posts.find(({ place }) => place.id === target)
    if (!post) {
      const ids = posts.map(({ place }) => place.id)
      const message = `there is no ${target}; there are ${listed(ids)}${meant(target, ids)}`
      throw new MillraceError('unknown_target', message)
    }
    const { host } = post.place
    if (host !== undefined) {
      throw new MillraceError(
        'out_of_reach',
        `${target} runs on ${host}, and nobody looks into it from here; \`kill -USR1 ${post.current?.pid ?? 'PID'}\` on ${host} opens its inspector`,
      )
    }
    if (post.current?.listens) return post.current
    const since = post.state === 'starting' ? 'is only just starting' : `is in state ${post.state}`
    throw new MillraceError('unknown_target', `${target} ${since}; it ${what} when it runs`)
  }
}

const visitSelf: Visit = async (work) => {
  const session = await ownSession()
  try {
    await work(session)
  } finally {
    session.close()
  }
}

const noAnswer = (id: string, pid: number): MillraceError =>
  new MillraceError(
    'no_answer',
    `${id} (pid ${pid}) gave no answer for ${PATIENCE_MS / 1000} s: it is stopped (SIGSTOP), in a long native or system call, or has taken SIGUSR1 for itself`,
  )
