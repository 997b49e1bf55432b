import type { Span } from '../model/span.js'
import { Frontier, type Reached } from './frontier.js'
import { InvariantError } from './invariant.js'

/** What a checkpoint keeps: how far the source is settled, and what the sink had by then. */
export interface Draft<Note> extends Reached {
  /** JSON: what the sink goes back to; absent for a sink without state. */
  readonly sinkState?: string
  /** What else is true at that moment, such as the account. */
  readonly note: Note
}

/** What has to be done next for a checkpoint; whoever does it says when it is done. */
export type Step<Note> =
  /** Have the sink make durable what it took; then {@link Commit.marked} and {@link Commit.synced}. */
  | { readonly do: 'sync' }
  /** Make this checkpoint durable; then {@link Commit.written}. */
  | { readonly do: 'write'; readonly draft: Draft<Note> }
  /** Tell the source that it need not keep this any more; then {@link Commit.committed}. */
  | { readonly do: 'commit'; readonly reached: Reached }

/**
 * Where a checkpoint is on its way.
 *
 * ```
 *   idle ─begin→ syncing ─marked→ marked ─synced→ writing ─written→ committing ─committed→ idle
 *                   ↑────senderLost──┘                        └──── a source that keeps nothing ─↑
 * ```
 */
export type Phase = 'idle' | 'syncing' | 'marked' | 'writing' | 'committing'

export interface CommitParts {
  readonly from: Reached
  /** Whether results go anywhere. */
  readonly delivers: boolean
}

/**
 * The order of durability: sink synced → checkpoint durable → source committed → forgotten.
 *
 * Pure: it is told what happened, and says what has to be done next. A checkpoint is one moment of
 * the stream, the *mark*: it holds exactly the records of which the sink had every result then. The
 * sender says the mark between two confirmations, so neither side is ahead of the other.
 *
 * (Marks that travel with the data are the barriers of Chandy and Lamport's snapshots; Flink calls
 * a sink that commits in this order two-phase.)
 */
export class Commit<Note> {
  readonly #frontier: Frontier
  readonly #delivers: boolean
  #phase: Phase = 'idle'
  #draft: Draft<Note> | undefined
  /** Whether the source wants to be told; known when its writer is ready. */
  #sourceKeeps = false
  /** True at first: a run that was never noted is something new. */
  #changed = true

  constructor({ from, delivers }: CommitParts) {
    this.#frontier = new Frontier(from)
    this.#delivers = delivers
  }

  get phase(): Phase {
    return this.#phase
  }

  /** A checkpoint is under way. */
  get busy(): boolean {
    return this.#phase !== 'idle'
  }

  /** Something has happened that no checkpoint under way or done knows of. */
  get changed(): boolean {
    return this.#changed
  }

  /** Whether the source keeps what it was not told of (a broker). */
  set sourceKeeps(keeps: boolean) {
    this.#sourceKeeps = keeps
  }

  /** The source handed over everything before `place`; after that it resumes at `position`. */
  read(place: number, position: string): void {
    this.#frontier.read(place, position)
    this.#changed = true
  }

  /** The sink has every result of these, or there are none and never will be. */
  settle(from: number, to: number): void {
    this.settleAll([{ from, to }])
  }

  /** The same for many at once, in order. */
  settleAll(places: readonly Span[]): void {
    this.#frontier.settleAll(places)
    this.#changed = true
  }

  /** Something happened that has no place in the stream: the sink was given more, or the source has come to its end. */
  touch(): void {
    this.#changed = true
  }

  get reached(): Reached {
    return this.#frontier.reached()
  }

  /** Everything that was read is settled. */
  get complete(): boolean {
    return this.#frontier.complete
  }

  /** Begins a checkpoint, unless one is under way or there is nothing new. @param note as in {@link marked}, for a run without a sink */
  begin(note: () => Note): Step<Note> | undefined {
    if (this.#phase !== 'idle' || !this.#changed) return undefined
    this.#phase = 'syncing'
    if (this.#delivers) return { do: 'sync' }
    this.marked(undefined, note())
    return this.synced()
  }

  /** Everything that was settled up to now, and nothing else, is what the sink would go back to. */
  marked(sinkState: string | undefined, note: Note): void {
    this.#expect('syncing')
    this.#phase = 'marked'
    this.#changed = false
    this.#draft = { ...this.reached, ...(sinkState !== undefined && { sinkState }), note }
  }

  /** What the mark is about is durable at the sink. */
  synced(): Step<Note> {
    this.#expect('marked')
    this.#phase = 'writing'
    return { do: 'write', draft: this.#draft! }
  }

  /** The checkpoint is durable. */
  written(): Step<Note> | undefined {
    this.#expect('writing')
    const { position, place, settledBeyond } = this.#draft!
    if (this.#sourceKeeps && position !== undefined) {
      this.#phase = 'committing'
      return { do: 'commit', reached: { position, place, settledBeyond } }
    }
    this.#finish()
    return undefined
  }

  /** The source knows. */
  committed(): void {
    this.#expect('committing')
    this.#finish()
  }

  /** Whoever was to sync is gone: a mark of theirs is void, and the next one has to be asked. */
  senderLost(): void {
    if (this.#phase === 'marked') this.#phase = 'syncing'
  }

  /** Nobody is left to be asked, and the sink has no state: what is settled now, if no checkpoint has it. */
  conclude(note: Note): Draft<Note> | undefined {
    if (!this.#changed && this.#phase === 'idle') return undefined
    this.#finish()
    return { ...this.reached, note }
  }

  /** Whoever was to tell the source is gone; the next checkpoint tells it more. */
  writerLost(): void {
    if (this.#phase === 'committing') this.#finish()
  }

  #finish(): void {
    this.#phase = 'idle'
    this.#draft = undefined
  }

  #expect(phase: Phase): void {
    if (this.#phase !== phase) {
      throw new InvariantError(`a checkpoint is ${this.#phase}, and was expected to be ${phase}`)
    }
  }
}
