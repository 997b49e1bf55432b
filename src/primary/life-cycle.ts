import { InvariantError } from '../flow/invariant.js'
import type { PipelineState } from '../model/status.js'
import type { Ending } from './outcome.js'

/**
 * Where a pipeline is in its life.
 *
 * ```
 *   starting ──→ running ──→ ending ──→ closing ──→ over
 *       └──────────┴───────────────────────↑
 * ```
 *
 * *ending*: no more is read, what was read is worked off. *closing*: the processes tear down, or
 * are killed. From `ending` on there is a reason.
 */
export type Phase = 'starting' | 'running' | 'ending' | 'closing' | 'over'

const allowed: Readonly<Record<Phase, readonly Phase[]>> = {
  starting: ['running', 'ending', 'closing'],
  running: ['ending', 'closing'],
  ending: ['closing'],
  closing: ['over'],
  over: [],
}

/** The life of a pipeline as one state machine; what it looks like from outside follows from it. */
export class LifeCycle {
  readonly #changed: (state: PipelineState, reason: string | null) => void
  /** What keeps the pipeline from moving, by where it is. */
  readonly #blocked = new Map<string, string>()
  /** Why it is paused; none when it is not. */
  readonly #pauses = new Set<string>()
  #phase: Phase = 'starting'
  #ending: Ending | undefined
  #shown: PipelineState = 'starting'
  #since = new Date()

  /** @param changed called whenever the state that is shown outside has changed */
  constructor(changed: (state: PipelineState, reason: string | null) => void) {
    this.#changed = changed
  }

  get phase(): Phase {
    return this.#phase
  }

  /** Why it ends; undefined while it does not. */
  get ending(): Ending | undefined {
    return this.#ending
  }

  /** The state as users see it. */
  get state(): PipelineState {
    if (this.#ending?.kind === 'failed') return 'failed'
    if (this.#phase === 'starting') return 'starting'
    if (this.#phase === 'over' || this.#ending?.kind === 'sourceEnded') return 'finished'
    if (this.#ending) return 'draining'
    if (this.paused) return 'paused'
    return this.#blocked.size > 0 ? 'blocked' : 'running'
  }

  /** Since when it is in that state. */
  get since(): Date {
    return this.#since
  }

  get reason(): string | null {
    if (this.#ending?.kind === 'failed') return this.#ending.error.message
    if (this.#phase === 'over') return null
    const reasons = this.state === 'paused' ? this.#pauses : this.#blocked.values()
    // Both queues are on one server, and say the same of it.
    return [...new Set(reasons)].join('; ') || null
  }

  /** Refuses what is not allowed. */
  enter(phase: Exclude<Phase, 'starting'>): void {
    if (!allowed[this.#phase].includes(phase)) {
      throw new InvariantError(`a pipeline cannot go from ${this.#phase} to ${phase}`)
    }
    this.#phase = phase
    if (phase !== 'running') this.#pauses.clear()
    this.#show()
  }

  /** What somebody in particular says keeps it from working. */
  blockedBy(where: string): string | undefined {
    return this.#blocked.get(where)
  }

  /** Gives the reason for the end. The first one stands, but a stop or a failure overrides a drain, and a failure all. */
  because(ending: Ending): void {
    if (this.#ending?.kind === 'failed') return
    const weaker = ending.kind === 'drained' || ending.kind === 'sourceEnded'
    if (this.#ending && weaker) return
    this.#ending = ending
    this.#show()
  }

  /** Notes that something (a sink, a queue) does not work for now, or works again. */
  block(where: string, reason: string | undefined): void {
    if (reason === undefined) this.#blocked.delete(where)
    else this.#blocked.set(where, reason)
    this.#show()
  }

  /** Whether nothing should be read or begun. */
  get paused(): boolean {
    return this.#pauses.size > 0
  }

  /**
   * Notes that nothing should be read or begun until somebody says go on. Before `running` it is
   * kept for then; a pipeline that ends is not paused any more, since it could never end.
   */
  pause(reason: string): void {
    if (this.#phase !== 'starting' && this.#phase !== 'running') return
    this.#pauses.add(reason)
    this.#show()
  }

  /** Takes back every pause. */
  resume(): void {
    this.#pauses.clear()
    this.#show()
  }

  #show(): void {
    const { state } = this
    if (state === this.#shown) return
    this.#shown = state
    this.#since = new Date()
    this.#changed(state, this.reason)
  }
}
