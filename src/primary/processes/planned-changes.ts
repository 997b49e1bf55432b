import { MillraceError } from '../../errors.js'
import type { Clock } from '../../model/clock.js'
import type { ProcessId } from '../../model/role.js'
import type { RestartReport } from '../../model/status.js'
import { causeOf } from '../cause.js'
import type { Place } from '../topology.js'
import { type Arrival, isDeath } from './arrivals.js'
import type { ChildProcess, Death } from './child-process.js'
import type { Post } from './post.js'

/** What the supervisor lends to whoever changes as planned who fills which place. */
export interface PlannedChangesParts {
  readonly clock: Clock
  readonly posts: Map<ProcessId, Post>
  /** Removes a place for good. */
  close(post: Post): void
  /** Makes a place, on trial, and forks the first process for it. */
  open(place: Place): Post
  /** Forks a process for a place, which takes up its role as soon as it can. */
  spawn(post: Post): ChildProcess
  /** Forks one that waits for {@link start} or {@link prepare}. */
  fork(post: Post): ChildProcess
  start(child: ChildProcess): void
  prepare(child: ChildProcess): void
  /** Resolves when a process has taken its next step, or after so many milliseconds. */
  arrival(child: ChildProcess, within?: number): Promise<Arrival>
  /** Milliseconds that a process has to become ready. */
  readonly startTimeout: number
  /** How a process went that is gone. */
  departureOf(child: ChildProcess): Departure | undefined
  /** Nobody is replaced any more. */
  ending(): boolean
}

/** How a process went, whoever wanted it to. */
export interface Departure {
  /** Whether a signal ended it. */
  readonly killed: boolean
  /** Records that it had in hand. */
  readonly returned: number
}

/** Takes a process out of the flow; resolves when it is gone, with the number of records it handed to others unbegun. */
export type Drain = (old: ChildProcess) => Promise<number>

/** How a process is replaced. */
export interface Replacement {
  /**
   * Only one at a time can have what they work with (a source, a sink): the new process loads what it
   * needs, and takes up its role when the old one is gone. Otherwise it is at work before the old one
   * leaves.
   */
  readonly oneAtATime: boolean
  readonly drain: Drain
}

/**
 * Milliseconds in which a new worker shows that it can work, where there is something to do: one that
 * dies with its first records has not taken anybody's place yet.
 */
const PROOF_MS = 500

/** What is changed on purpose while the pipeline runs: who fills a place, and which places there are. */
export class PlannedChanges {
  readonly #parts: PlannedChangesParts

  constructor(parts: PlannedChangesParts) {
    this.#parts = parts
  }

  /**
   * Fills one more place. Resolves when its process is ready; rejects, and there is no such place, when
   * it could not become that.
   */
  async add(place: Place): Promise<void> {
    const post = this.#parts.open(place)
    await this.#untilFirstReady(post)
    // It may have been removed in the same moment.
    if (post.standing === 'trial') post.standing = 'kept'
  }

  /** Has whoever fills a place drained, also both if one is being replaced, and the place removed. */
  async remove(id: ProcessId, drain: Drain): Promise<number> {
    const post = this.#postOf(id)
    post.standing = 'leaving'
    post.abandon()
    const there = [post.current, post.leaving].filter((child) => child !== undefined)
    const handedOn = await Promise.all(there.map(drain))
    this.#parts.close(post)
    return handedOn.reduce((sum, records) => sum + records, 0)
  }

  /**
   * Replaces a process. One that waits for its backoff is started at once.
   *
   * @throws MillraceError `unknown_target`, also if the place is removed meanwhile, `boot_failed` when the new one does not become ready or dies
   *   with its first records, `not_running`
   */
  async replace(id: ProcessId, { oneAtATime, drain }: Replacement): Promise<RestartReport> {
    const { clock, ending } = this.#parts
    const post = this.#postOf(id)
    const begun = clock.now()
    // They may have loaded what there was before somebody asked.
    while (post.current?.state === 'starting') await this.#awaitStart(post.current)
    const old = post.state === 'backoff' ? undefined : this.#readyIn(post)
    let handedOn = 0
    try {
      if (!old) await this.#startNow(post)
      else if (oneAtATime) handedOn = await this.#succeed(post, old, drain)
      else handedOn = await this.#overlap(post, old, drain)
    } catch (error) {
      throw post.standing === 'leaving' && !ending() ? removed(id, error) : error
    } finally {
      post.change = 'none'
    }
    return {
      process: id,
      oldPid: old?.pid ?? null,
      newPid: post.current?.pid ?? null,
      milliseconds: Math.round(clock.now() - begun),
      handedOn,
      ...(old && this.#parts.departureOf(old)),
    }
  }

  #postOf(id: ProcessId): Post {
    const { posts } = this.#parts
    const post = posts.get(id)
    if (post) return post
    throw new MillraceError('unknown_target', `there is no ${id}; there are ${[...posts.keys()].join(', ')}`)
  }

  #readyIn({ place, state, current, leaving, standing }: Post): ChildProcess {
    if (standing === 'leaving') throw removed(place.id)
    if (current?.state === 'ready' && !leaving) return current
    throw new MillraceError('unknown_target', `${place.id} is ${state}; it can be restarted when it is ready`)
  }

  async #awaitStart(child: ChildProcess): Promise<void> {
    const arrival = await this.#parts.arrival(child, this.#parts.startTimeout)
    if (arrival === 'late') throw this.#notReady(child, arrival, 'it is still starting')
  }

  /** The new one first; the old one stays unless that shows that it can work. */
  async #overlap(post: Post, old: ChildProcess, drain: Drain): Promise<number> {
    const { spawn, arrival } = this.#parts
    post.change = 'overlap'
    post.leaving = old
    const fresh = spawn(post)
    post.current = fresh
    await this.#untilReady(fresh, 'the old one stays')
    const proof = await arrival(fresh, PROOF_MS)
    if (isDeath(proof)) throw this.#diedEarly(fresh, proof)
    post.change = 'drain'
    // It may have died meanwhile; then there is nothing to drain.
    return post.leaving === old ? drain(old) : 0
  }

  /** The new one loads what it needs; then the old one leaves, and the new one takes up the role. */
  async #succeed(post: Post, old: ChildProcess, drain: Drain): Promise<number> {
    const { fork, prepare, start, ending } = this.#parts
    post.change = 'overlap'
    post.leaving = old
    const fresh = fork(post)
    post.current = fresh
    prepare(fresh)
    await this.#inTime(fresh, 'the old one stays')
    post.change = 'handover'
    const handedOn = post.leaving === old ? await drain(old) : 0
    post.change = 'none'
    if (ending()) throw ended()
    if (post.current === fresh) {
      start(fresh)
      await this.#untilReady(fresh, 'nobody fills its place for now')
    } else {
      // It was killed while it waited.
      await this.#startNow(post)
    }
    return handedOn
  }

  /** One that was lost on the way says nothing about its place, if that is still there: another is tried. */
  async #untilFirstReady(post: Post): Promise<void> {
    const { spawn, posts, ending } = this.#parts
    for (;;) {
      try {
        return await this.#untilReady(post.current!, 'it was not added')
      } catch (error) {
        const isOpen = post.standing === 'trial' && posts.get(post.place.id) === post
        if (!isOpen || ending()) throw error
        post.current = spawn(post)
      }
    }
  }

  /** Fills a place where nobody is. */
  async #startNow(post: Post): Promise<void> {
    post.abandon()
    post.current ??= this.#parts.spawn(post)
    if (!isReady(post.current)) await this.#untilReady(post.current, 'nobody fills its place for now')
  }

  async #untilReady(child: ChildProcess, outcome: string): Promise<void> {
    await this.#inTime(child, outcome)
    if (!isReady(child)) throw this.#notReady(child, undefined, outcome)
  }

  /** Resolves when it has taken its next step. One that is late is killed, and one that dies is an error. */
  async #inTime(child: ChildProcess, outcome: string): Promise<void> {
    const { arrival, startTimeout } = this.#parts
    const step = await arrival(child, startTimeout)
    if (step === undefined) return
    if (step === 'late') {
      child.kill({ reason: `it was not ready within ${startTimeout / 1000} s` })
      // Until it is gone, the place is not what it was.
      await arrival(child)
    }
    throw this.#notReady(child, step, outcome)
  }

  #notReady({ place }: ChildProcess, step: Arrival, outcome: string): MillraceError {
    if (this.#parts.ending()) return ended()
    const { startTimeout } = this.#parts
    const late = `it took longer than ${startTimeout / 1000} s (\`restart.startTimeout\`)`
    const cause = isDeath(step) ? causeOf({ place }, step) : undefined
    const why = step === 'late' ? late : (cause?.message ?? 'it was stopped')
    return new MillraceError(
      'boot_failed',
      `the new ${place.id} did not become ready, and ${outcome}: ${why}`,
      { cause },
    )
  }

  #diedEarly({ place: { id } }: ChildProcess, { exit }: Death): MillraceError {
    if (this.#parts.ending()) return ended()
    return new MillraceError(
      'boot_failed',
      `the new ${id} died as soon as it worked, and the old one stays: ${exit.reason}`,
    )
  }
}

const removed = (id: ProcessId, cause?: unknown) =>
  new MillraceError('unknown_target', `${id} is no more: its place is removed`, { cause })

const ended = () => new MillraceError('not_running', 'the pipeline has ended meanwhile')

const isReady = ({ state }: ChildProcess): boolean => state === 'ready'
