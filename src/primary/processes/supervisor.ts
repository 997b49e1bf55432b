import type { FromChild } from '../../link/control.js'
import type { Message } from '../../link/messages.js'
import type { Clock } from '../../model/clock.js'
import type { Payload, SlotAddress } from '../../model/payload.js'
import type { ProcessId, Role } from '../../model/role.js'
import type { EventListener } from '../../telemetry/events.js'
import type { Place } from '../topology.js'
import { Arrivals } from './arrivals.js'
import { ChildProcess, type Death } from './child-process.js'
import type { Kill } from './exit-verdict.js'
import type { Forked } from './fork.js'
import type { KernelKills } from './kernel-kills.js'
import { type Departure, PlannedChanges } from './planned-changes.js'
import { Post } from './post.js'
import type { Reaper } from './reaper.js'
import type { RestartSettings } from './restart-policy.js'

/** What a supervisor needs of the rest of the primary. */
export interface SupervisorParts {
  readonly settings: RestartSettings
  /** Milliseconds that a process has to become ready when one is replaced or added as planned. */
  readonly startTimeout: number
  readonly clock: Clock
  readonly reaper: Pick<Reaper, 'watch' | 'forget'>
  readonly kernelKills: Pick<KernelKills, 'claim' | 'forget'>
  /** Called again for each new process in a place. */
  fork(place: Place): Forked
  /** Has a process take up its role. */
  start(child: ChildProcess): void
  /** Has it load what the role needs, and wait for its start. */
  prepare(child: ChildProcess): void
  readonly emit: EventListener
  /** Called when a process is ready, before it is sent anything. */
  ready(child: ChildProcess, message: Extract<FromChild, { type: 'ready' }>): void
  message(child: ChildProcess, message: Message): void
  /** A process says that it has filled a slot of the shared memory. */
  stored(child: ChildProcess, address: SlotAddress): Payload
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
  /** A place is no more, and never will be again under this id unless it is opened anew. */
  removed(id: ProcessId): void
}

/** What came of the records that a process had in hand when it died. */
export interface Aftermath {
  /** How many of them go out again. */
  readonly returned: number
  /** The death is on the account of records, and not on that of the process. */
  readonly named: boolean
}

/**
 * Keeps every place of the pipeline filled: starts processes, replaces those that die, and gives up
 * on a place that dies too often. What flows through them is not its business.
 */
export class Supervisor {
  readonly planned: PlannedChanges
  readonly #parts: SupervisorParts
  readonly #posts = new Map<ProcessId, Post>()
  readonly #arrivals: Arrivals
  /** How processes went that are gone. */
  readonly #departures = new WeakMap<ChildProcess, Departure>()
  readonly #restarts: Record<Role, number> = { writer: 0, worker: 0, sender: 0 }
  #ending = false
  #whenEmpty: (() => void) | undefined

  constructor(parts: SupervisorParts) {
    const { clock, settings, start, prepare } = parts
    this.#parts = parts
    this.#arrivals = new Arrivals(clock)
    this.planned = new PlannedChanges({
      clock,
      posts: this.#posts,
      close: (post) => this.#close(post),
      open: (place) => this.#open(new Post(place, settings, 'trial')),
      spawn: (post) => this.#spawn(post),
      fork: (post) => this.#fork(post),
      start,
      prepare,
      arrival: (child, within) => this.#arrivals.next(child, within),
      startTimeout: parts.startTimeout,
      departureOf: (child) => this.#departures.get(child),
      ending: () => this.#ending,
    })
  }

  get posts(): IterableIterator<Readonly<Post>> {
    return this.#posts.values()
  }

  /** Unplanned restarts by role, also of places that are no more. */
  get restarts(): Readonly<Record<Role, number>> {
    return this.#restarts
  }

  /** Every process that is not gone. */
  *children(): Generator<ChildProcess> {
    for (const { current, leaving } of this.#posts.values()) {
      if (current) yield current
      if (leaving) yield leaving
    }
  }

  fill(places: readonly Place[]): void {
    for (const place of places) this.#open(new Post(place, this.#parts.settings, 'kept'))
  }

  /** Whether there is such a place. */
  has(id: ProcessId): boolean {
    return this.#posts.has(id)
  }

  /** Whether a place is there to stay: neither removed nor about to be. */
  keeps(id: ProcessId): boolean {
    const post = this.#posts.get(id)
    return post !== undefined && post.standing !== 'leaving'
  }

  current(id: ProcessId): ChildProcess | undefined {
    return this.#posts.get(id)?.current
  }

  budgetLeft(post: Readonly<Post>): number {
    return post.policy.budgetLeft(this.#parts.clock.now())
  }

  /** Some work was done in this place, or a record given up that kept it from its work: its backoff starts over. */
  progressed(id: ProcessId): void {
    this.#posts.get(id)?.policy.progressed()
  }

  /** A process has handled records. */
  handled(child: ChildProcess): void {
    this.#arrivals.came(child)
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
    return this.#posts.get(id)?.abandon() ?? false
  }

  /** These places are no more: whoever fills one is not replaced. */
  forsake(ids: readonly ProcessId[]): void {
    for (const id of ids) {
      const post = this.#posts.get(id)
      if (!post) continue
      post.standing = 'leaving'
      post.abandon()
      if (!post.current && !post.leaving) this.#close(post)
    }
  }

  /** Replaces nobody from here on. Resolves when every process is gone. */
  end(): Promise<void> {
    this.#ending = true
    for (const post of this.#posts.values()) post.abandon()
    return new Promise((resolve) => {
      this.#whenEmpty = resolve
      this.#resolveIfEmpty()
    })
  }

  /** Asks everybody to tear down and exit. */
  stopAll(): void {
    for (const child of this.children()) child.stop()
  }

  killAll(why: Kill): void {
    for (const child of this.children()) child.kill(why)
  }

  #open(post: Post): Post {
    this.#posts.set(post.place.id, post)
    post.current = this.#spawn(post)
    return post
  }

  #close(post: Post): void {
    const { id } = post.place
    if (this.#posts.get(id) !== post) return
    this.#posts.delete(id)
    this.#parts.removed(id)
  }

  #spawn(post: Post): ChildProcess {
    const child = this.#fork(post)
    this.#parts.start(child)
    return child
  }

  #fork(post: Post): ChildProcess {
    const parts = this.#parts
    const forked = parts.fork(post.place)
    const begun = parts.clock.now()
    const child: ChildProcess = new ChildProcess(post.place, ++post.generation, forked, {
      ready: (_, message) => {
        post.everReady = true
        parts.kernelKills.forget()
        parts.emit({
          type: 'processReady',
          process: post.place.id,
          pid: child.pid,
          ms: parts.clock.now() - begun,
        })
        this.#arrivals.came(child)
        parts.ready(child, message)
      },
      message: parts.message,
      stored: parts.stored,
      told: (_, message) => {
        if (message.type === 'prepared') this.#arrivals.came(child)
        else parts.told(child, message)
      },
      line: parts.line,
      // Of those elsewhere, another kernel knows.
      killedByKernel: () => post.place.host === undefined && parts.kernelKills.claim(),
      gone: (_, death) => this.#gone(post, child, death),
    })
    forked.onStart((pid) => {
      if (post.place.host === undefined) parts.reaper.watch(pid)
      parts.emit({ type: 'processStarted', process: post.place.id, pid })
    })
    return child
  }

  #gone(post: Post, child: ChildProcess, death: Death): void {
    const { reaper, emit } = this.#parts
    if (post.place.host === undefined) reaper.forget(child.pid)
    const at = this.#parts.clock.now()
    const { returned, named } = this.#parts.gone(child, death, at)
    this.#departures.set(child, { killed: death.exit.signal !== null, returned })
    post.lose(child)
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
    this.#arrivals.came(child, death)
    const isOpen = !post.current && post.change !== 'handover'
    if (!planned && !this.#ending && isOpen) this.#replaceDead(post, child, { ...death, at, named })
    this.#resolveIfEmpty()
  }

  #replaceDead(post: Post, child: ChildProcess, death: Death & { at: number; named: boolean }): void {
    const parts = this.#parts
    if (post.standing !== 'kept') {
      // One that is lost on trial gets another try.
      if (post.standing === 'leaving' || !death.lost) this.#close(post)
      return
    }
    const failedToBoot = death.beforeReady && death.exit.signal === null && !death.lost && !post.everReady
    const final = death.failure !== undefined && death.failure.code !== 'internal'
    if (failedToBoot || final) {
      parts.cannotStart(child, death)
      return
    }
    if (!parts.replaces(child, death)) return
    // A connection that breaks says nothing about the process.
    const charged = !death.named && !death.lost
    const delay = post.policy.died(death.at, Math.random(), charged)
    if (delay === undefined) {
      parts.emit({ type: 'restartBudgetSpent', process: post.place.id })
      parts.spent(post.place, death)
      return
    }
    post.restarts++
    this.#restarts[post.place.role]++
    parts.emit({
      type: 'restartScheduled',
      process: post.place.id,
      inMs: delay,
      budgetLeft: this.budgetLeft(post),
    })
    const start = () => {
      post.waited()
      post.current = this.#spawn(post)
    }
    if (delay === 0) start()
    else post.wait(parts.clock.after(delay, start))
  }

  #resolveIfEmpty(): void {
    if (!this.#ending) return
    for (const _ of this.children()) return
    this.#whenEmpty?.()
  }
}
