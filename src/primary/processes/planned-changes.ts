import { MillraceError } from '../../errors.js'
import type { Clock } from '../../model/clock.js'
import type { ProcessId } from '../../model/role.js'
import type { RestartReport } from '../../model/status.js'
import { causeOf } from '../cause.js'
import type { Place } from '../topology.js'
import type { ChildProcess, Death } from './child-process.js'
import type { Post } from './post.js'

/** What the supervisor lends to whoever changes as planned who fills which place. */
export interface PlannedChangesParts {
  readonly clock: Clock
  readonly posts: Map<ProcessId, Post>
  /** Makes a place, on trial, and forks the first process for it. */
  open(place: Place): Post
  /** Forks a process for a place, which takes up its role as soon as it can. */
  spawn(post: Post): ChildProcess
  /** Forks one that waits for {@link start} or {@link prepare}. */
  fork(post: Post): ChildProcess
  start(child: ChildProcess): void
  prepare(child: ChildProcess): void
  /** Resolves when a process is ready, or prepared if it was asked to be; with its death, if it is gone before. */
  arrival(child: ChildProcess): Promise<Death | undefined>
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
    const first = post.current!
    const death = await this.#parts.arrival(first)
    if (first.state !== 'ready') throw this.#notReady(first, death, 'it was not added')
    post.standing = 'kept'
  }

  /** Has the process of a place drained, and the place removed. */
  async remove(id: ProcessId, drain: Drain): Promise<number> {
    const post = this.#postOf(id)
    post.standing = 'leaving'
    post.abandon()
    const handedOn = post.current ? await drain(post.current) : 0
    this.#parts.posts.delete(id)
    return handedOn
  }

  /**
   * Replaces a process. One that waits for its backoff is started at once.
   *
   * @throws MillraceError `unknown_target`, `boot_failed` when the new one does not become ready, `not_running`
   */
  async replace(id: ProcessId, { oneAtATime, drain }: Replacement): Promise<RestartReport> {
    const { clock } = this.#parts
    const post = this.#postOf(id)
    const begun = clock.now()
    // It may have loaded what there was before somebody asked.
    if (post.current?.state === 'starting') await this.#parts.arrival(post.current)
    const old = post.state === 'backoff' ? undefined : this.#readyIn(post)
    let handedOn = 0
    if (!old) await this.#startNow(post)
    else if (oneAtATime) handedOn = await this.#succeed(post, old, drain)
    else handedOn = await this.#overlap(post, old, drain)
    return {
      process: id,
      oldPid: old?.pid ?? null,
      // It may be gone again by now, and is replaced then like any other.
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

  #readyIn({ place, state, current, leaving }: Post): ChildProcess {
    if (current?.state === 'ready' && !leaving) return current
    throw new MillraceError('unknown_target', `${place.id} is ${state}; it can be restarted when it is ready`)
  }

  /** The new one first; the old one stays unless that becomes ready. */
  async #overlap(post: Post, old: ChildProcess, drain: Drain): Promise<number> {
    const { spawn, arrival } = this.#parts
    post.leaving = old
    const fresh = spawn(post)
    post.current = fresh
    const death = await arrival(fresh)
    if (fresh.state !== 'ready') throw this.#notReady(fresh, death, 'the old one stays')
    // It may have died meanwhile; then there is nothing to drain.
    return post.leaving === old ? drain(old) : 0
  }

  /** The new one loads what it needs; then the old one leaves, and the new one takes up the role. */
  async #succeed(post: Post, old: ChildProcess, drain: Drain): Promise<number> {
    const { fork, prepare, start, arrival, ending } = this.#parts
    post.leaving = old
    const fresh = fork(post)
    post.current = fresh
    prepare(fresh)
    const death = await arrival(fresh)
    if (fresh.state === 'exited') throw this.#notReady(fresh, death, 'the old one stays')
    const handedOn = post.leaving === old ? await drain(old) : 0
    if (ending()) throw new MillraceError('not_running', 'the pipeline has ended meanwhile')
    if (post.current === fresh) {
      start(fresh)
      await this.#untilReady(post, fresh)
    } else {
      // It was killed while it waited.
      await this.#startNow(post)
    }
    return handedOn
  }

  /** Fills a place where nobody is. */
  async #startNow(post: Post): Promise<void> {
    post.abandon()
    post.current ??= this.#parts.spawn(post)
    if (post.current.state !== 'ready') await this.#untilReady(post, post.current)
  }

  /** From its start on it is a process like any other, and replaced when it dies. */
  async #untilReady(post: Post, fresh: ChildProcess): Promise<void> {
    const death = await this.#parts.arrival(fresh)
    if (fresh.state !== 'ready') throw this.#notReady(fresh, death, `nobody fills its place (${post.state})`)
  }

  #notReady(child: ChildProcess, death: Death | undefined, outcome: string): MillraceError {
    if (this.#parts.ending()) return new MillraceError('not_running', 'the pipeline has ended meanwhile')
    const why = death ? causeOf(child, death).message : 'it was stopped'
    return new MillraceError(
      'boot_failed',
      `the new ${child.place.id} did not become ready, and ${outcome}: ${why}`,
    )
  }
}
