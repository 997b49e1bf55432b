import type { Exit, ProcessState } from '../../model/status.js'
import type { Place } from '../topology.js'
import type { ChildProcess } from './child-process.js'
import { RestartPolicy, type RestartSettings } from './restart-policy.js'

/**
 * - `kept`: somebody always fills it
 * - `trial`: it was added while the pipeline runs, and stays only if the first process there becomes ready
 * - `leaving`: whoever fills it is the last
 */
type Standing = 'kept' | 'trial' | 'leaving'

/**
 * What is done about its process as planned, if anything:
 *
 * - `overlap`: a new one is at work or on the way, and the old one stays if it dies
 * - `drain`: the old one leaves, and the new one is replaced like any other if it dies
 * - `handover`: the old one leaves, and nobody takes up the role before it is gone
 */
type Change = 'none' | 'overlap' | 'drain' | 'handover'

/** A place in the pipeline and who fills it. The supervisor's own; others only read it. */
export class Post {
  readonly place: Place
  readonly policy: RestartPolicy
  standing: Standing
  change: Change = 'none'
  current: ChildProcess | undefined
  /** The one that is being replaced as planned, until it is gone. */
  leaving: ChildProcess | undefined
  /** Counts the processes that have filled it. */
  generation = 0
  /** Whether any process was ever ready here. */
  everReady = false
  restarts = 0
  lastExit: Exit | null = null
  #cancelBackoff: (() => void) | undefined

  constructor(place: Place, settings: RestartSettings, standing: Standing) {
    this.place = place
    this.policy = new RestartPolicy(settings)
    this.standing = standing
  }

  get state(): ProcessState {
    return this.#cancelBackoff ? 'backoff' : (this.current?.state ?? 'exited')
  }

  /** A process of this place is gone: whoever is left fills it. */
  lose(child: ChildProcess): void {
    const stays = this.change === 'overlap' ? this.leaving : undefined
    if (this.leaving === child) this.leaving = undefined
    if (this.current !== child) return
    this.current = stays
    if (stays) this.leaving = undefined
  }

  /** Nobody fills it for a while; `cancel` ends that. */
  wait(cancel: () => void): void {
    this.#cancelBackoff = cancel
  }

  waited(): void {
    this.#cancelBackoff = undefined
  }

  /** Waits no longer to be filled; says whether it did. */
  abandon(): boolean {
    if (!this.#cancelBackoff) return false
    this.#cancelBackoff()
    this.#cancelBackoff = undefined
    return true
  }
}
