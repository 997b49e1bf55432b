import { MillraceError } from '../../errors.js'
import type { FromChild } from '../../link/control.js'
import type { Message } from '../../link/messages.js'
import type { Clock } from '../../model/clock.js'
import type { ProcessId } from '../../model/role.js'
import type { Exit, ProcessState, RestartReport } from '../../model/status.js'
import type { EventListener } from '../../telemetry/events.js'
import type { Place } from '../topology.js'
import { ChildProcess, type Death } from './child-process.js'
import type { Forked } from './fork.js'
import type { Reaper } from './reaper.js'
import { RestartPolicy, type RestartSettings } from './restart-policy.js'

/** What a supervisor needs of the rest of the primary. */
export interface SupervisorParts {
  readonly settings: RestartSettings
  readonly clock: Clock
  readonly reaper: Pick<Reaper, 'watch' | 'forget'>
  /** Forks and sends the start message; called again for each new process in a place. */
  fork(place: Place): Forked
  start(child: ChildProcess): void
  readonly emit: EventListener
  /** Called when a process is ready, before it is sent anything. */
  ready(child: ChildProcess, message: Extract<FromChild, { type: 'ready' }>): void
  message(child: ChildProcess, message: Message): void
  told(child: ChildProcess, message: FromChild): void
  line(child: ChildProcess, line: string, stream: 'stdout' | 'stderr'): void
  /** A process is gone, `at` this time. Whether it is replaced follows. */
  gone(child: ChildProcess, death: Death, at: number): Aftermath
  /** Whether a process that died unasked should be replaced. */
  replaces(child: ChildProcess, death: Death): boolean
  /** A process died before any in its place was ready, or said that it cannot go on. */
  cannotStart(child: ChildProcess, death: Death): void
  /** The restart budget of a place is spent. */
  spent(place: Place, death: Death): void
}

/** What came of the records that a process had in hand when it died. */
export interface Aftermath {
  /** How many of them go out again. */
  readonly returned: number
  /** The death is on the account of records, and not on that of the process. */
  readonly named: boolean
}

/** A place in the pipeline and who fills it. */
interface Post {
  readonly place: Place
  readonly policy: RestartPolicy
  current: ChildProcess | undefined
  /** The one that is being replaced as planned, until it is gone. */
  leaving: ChildProcess | undefined
  generation: number
  /** Whether any process was ever ready here. */
  everReady: boolean
  restarts: number
  lastExit: Exit | null
  cancelBackoff: (() => void) | undefined
}

/**
 * Keeps every place of the pipeline filled: starts processes, replaces those that die, and gives up
 * on a place that dies too often. What flows through them is not its business.
 */
export class Supervisor {
  readonly #parts: SupervisorParts
  readonly #posts = new Map<ProcessId, Post>()
  readonly #waitingForReady = new Map<ChildProcess, () => void>()
  /** How processes that were replaced as planned went. */
  readonly #departures = new WeakMap<ChildProcess, Pick<RestartReport, 'killed' | 'returned'>>()
  #ending = false
  #whenEmpty: (() => void) | undefined

  constructor(parts: SupervisorParts) {
    this.#parts = parts
  }

  get posts(): IterableIterator<Readonly<Post>> {
    return this.#posts.values()
  }

  /** Every process that is not gone. */
  *children(): Generator<ChildProcess> {
    for (const { current, leaving } of this.#posts.values()) {
      if (current) yield current
      if (leaving) yield leaving
    }
  }

  fill(places: readonly Place[]): void {
    for (const place of places) {
      const post: Post = {
        place,
        policy: new RestartPolicy(this.#parts.settings),
        current: undefined,
        leaving: undefined,
        generation: 0,
        everReady: false,
        restarts: 0,
        lastExit: null,
        cancelBackoff: undefined,
      }
      this.#posts.set(place.id, post)
      post.current = this.#spawn(post)
    }
  }

  current(id: ProcessId): ChildProcess | undefined {
    return this.#posts.get(id)?.current
  }

  stateOf({ current, cancelBackoff }: Readonly<Post>): ProcessState {
    return cancelBackoff ? 'backoff' : (current?.state ?? 'exited')
  }

  budgetLeft(post: Readonly<Post>): number {
    return post.policy.budgetLeft(this.#parts.clock.now())
  }

  /** Some work was done in this place, or a record given up that kept it from its work: its backoff starts over. */
  progressed(id: ProcessId): void {
    this.#posts.get(id)?.policy.progressed()
  }

  /**
   * Replaces a process as planned: starts the new one first, and hands the old one to `drain`,
   * which stops it once nothing is left in its hand.
   */
  async replace(id: ProcessId, drain: (old: ChildProcess) => Promise<void>): Promise<RestartReport> {
    const post = this.#posts.get(id)
    if (!post)
      throw new MillraceError(
        'unknown_target',
        `there is no ${id}; there are ${[...this.#posts.keys()].join(', ')}`,
      )
    if (post.leaving || !post.current || post.current.state !== 'ready') {
      throw new MillraceError(
        'unknown_target',
        `${id} is ${this.stateOf(post)}; it can be restarted when it is ready`,
      )
    }
    const begun = this.#parts.clock.now()
    const old = post.current
    post.leaving = old
    const fresh = this.#spawn(post)
    post.current = fresh
    await this.#untilReadyOrGone(fresh)
    if (fresh.state !== 'ready') {
      throw new MillraceError(
        'boot_failed',
        `the new ${id} did not become ready, so the old one stays; see the log for the reason`,
      )
    }
    // It may have died meanwhile; then there is nothing to drain.
    if (post.leaving === old) await drain(old)
    return {
      process: id,
      oldPid: old.pid,
      newPid: fresh.pid,
      milliseconds: Math.round(this.#parts.clock.now() - begun),
      ...this.#departures.get(old),
    }
  }

  /** A death counted against the process, and was a record's fault after all. */
  refund(id: ProcessId, at: number): void {
    this.#posts.get(id)?.policy.refund(at)
  }

  /** A record was given up for its deaths, the last of them here: that counts as one. */
  charge(id: ProcessId): void {
    this.#posts.get(id)?.policy.charge(this.#parts.clock.now())
  }

  /** Waits no longer to fill a place that is empty; says whether it was. */
  abandon(id: ProcessId): boolean {
    const post = this.#posts.get(id)
    if (!post?.cancelBackoff) return false
    post.cancelBackoff()
    post.cancelBackoff = undefined
    return true
  }

  /** Replaces nobody from here on. Resolves when every process is gone. */
  end(): Promise<void> {
    this.#ending = true
    for (const post of this.#posts.values()) {
      post.cancelBackoff?.()
      post.cancelBackoff = undefined
    }
    return new Promise((resolve) => {
      this.#whenEmpty = resolve
      this.#resolveIfEmpty()
    })
  }

  /** Asks everybody to tear down and exit. */
  stopAll(): void {
    for (const child of this.children()) child.stop()
  }

  killAll(): void {
    for (const child of this.children()) child.kill()
  }

  #untilReadyOrGone(child: ChildProcess): Promise<void> {
    return new Promise((resolve) => this.#waitingForReady.set(child, resolve))
  }

  #spawn(post: Post): ChildProcess {
    const parts = this.#parts
    const forked = parts.fork(post.place)
    const begun = parts.clock.now()
    const child: ChildProcess = new ChildProcess(post.place, ++post.generation, forked, {
      ready: (_, message) => {
        post.everReady = true
        parts.emit({
          type: 'processReady',
          process: post.place.id,
          pid: child.pid,
          ms: parts.clock.now() - begun,
        })
        this.#settleWait(child)
        parts.ready(child, message)
      },
      message: parts.message,
      told: parts.told,
      line: parts.line,
      gone: (_, death) => this.#gone(post, child, death),
    })
    if (child.pid) parts.reaper.watch(child.pid)
    parts.emit({ type: 'processStarted', process: post.place.id, pid: child.pid })
    parts.start(child)
    return child
  }

  #settleWait(child: ChildProcess): void {
    this.#waitingForReady.get(child)?.()
    this.#waitingForReady.delete(child)
  }

  #gone(post: Post, child: ChildProcess, death: Death): void {
    const { reaper, emit } = this.#parts
    reaper.forget(child.pid)
    const at = this.#parts.clock.now()
    const { returned, named } = this.#parts.gone(child, death, at)
    if (post.leaving === child) {
      post.leaving = undefined
      this.#departures.set(child, { killed: death.exit.signal !== null, returned })
    }
    if (post.current === child) {
      // A planned replacement that never became ready: the old process stays in its place.
      post.current = death.beforeReady ? post.leaving : undefined
      if (post.current) post.leaving = undefined
    }
    post.lastExit = death.exit
    // Whoever is killed at the end was meant to die.
    const killed = this.#ending && death.exit.signal === 'SIGKILL'
    const planned = killed || (death.asked && returned === 0)
    emit({
      type: 'processExited',
      process: post.place.id,
      pid: child.pid,
      exit: death.exit,
      planned,
      returned,
      why: death.failure?.message ?? null,
    })
    this.#settleWait(child)
    if (!planned && !this.#ending && !post.current) this.#replaceDead(post, child, { ...death, at, named })
    this.#resolveIfEmpty()
  }

  #replaceDead(post: Post, child: ChildProcess, death: Death & { at: number; named: boolean }): void {
    const parts = this.#parts
    const failedToBoot = death.beforeReady && death.exit.signal === null && !post.everReady
    const final = death.failure !== undefined && death.failure.code !== 'internal'
    if (failedToBoot || final) {
      parts.cannotStart(child, death)
      return
    }
    if (!parts.replaces(child, death)) return
    const delay = post.policy.died(death.at, Math.random(), !death.named)
    if (delay === undefined) {
      parts.emit({ type: 'restartBudgetSpent', process: post.place.id })
      parts.spent(post.place, death)
      return
    }
    post.restarts++
    parts.emit({
      type: 'restartScheduled',
      process: post.place.id,
      inMs: delay,
      budgetLeft: this.budgetLeft(post),
    })
    const start = () => {
      post.cancelBackoff = undefined
      post.current = this.#spawn(post)
    }
    if (delay === 0) start()
    else post.cancelBackoff = parts.clock.after(delay, start)
  }

  #resolveIfEmpty(): void {
    if (!this.#ending) return
    for (const _ of this.children()) return
    this.#whenEmpty?.()
  }
}
