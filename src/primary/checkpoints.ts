import { messageOf } from '../errors.js'
import { Commit, type Draft, type Step } from '../flow/commit.js'
import type { Reached } from '../flow/frontier.js'
import type { Clock } from '../model/clock.js'
import type { Counters } from '../model/counters.js'
import type { Span } from '../model/span.js'

/** What a checkpoint says beside how far source and sink are. */
export interface Note {
  /** Over all runs, of what is settled. */
  readonly total: Counters
  /** The source has come to its end, and all of it is settled. */
  readonly finished: boolean
  /** Dead letters that were handled again, and need not be kept once this is durable. */
  readonly replayed: readonly string[]
}

export interface CheckpointsParts {
  /** Where this run takes up. */
  readonly from: Reached
  /** JSON: what the sink goes back to in this run. */
  readonly sinkState?: string | undefined
  readonly delivers: boolean
  /** Milliseconds between two checkpoints; undefined for a run that keeps none. */
  readonly every: number | undefined
  readonly clock: Clock
  note(): Note
  /** Asks the sender to make the sink durable; false when there is none to ask at present. */
  sync(): boolean
  /** Makes a checkpoint durable. */
  write(draft: Draft<Note>): Promise<void>
  /** Has the writer tell its source; false when there is none to ask at present. */
  tellSource(reached: Reached): boolean
  /** A checkpoint cannot be written for now (`reason`), or can again. */
  blocked(reason: string | undefined): void
}

/** Milliseconds before a checkpoint that could not be written is tried again. */
const WRITE_AGAIN_MS = 1000

/** Takes a checkpoint every so often, and the last one at the end: does what {@link Commit} says is next. */
export class Checkpoints {
  readonly from: Reached
  readonly sinkState: string | undefined
  readonly #parts: CheckpointsParts
  readonly #commit: Commit<Note>
  #cancel: (() => void) | undefined
  /** Ends with the write under way, whatever comes of it. */
  #writing: Promise<void> = Promise.resolve()
  #cancelWriteAgain: (() => void) | undefined
  /** Wait until nothing is left to be noted. */
  #waiting: (() => void)[] = []
  #last: { readonly at: number; readonly draft: Draft<Note> } | undefined
  /** Every process was ready, or something was read. */
  #begun = false
  #closed = false

  constructor(parts: CheckpointsParts) {
    this.#parts = parts
    this.from = parts.from
    this.sinkState = parts.sinkState
    this.#commit = new Commit({ from: parts.from, delivers: parts.delivers })
  }

  /** The last one of this run, and when it was durable, on the clock of the parts. */
  get last(): { readonly at: number; readonly draft: Draft<Note> } | undefined {
    return this.#last
  }

  /** Everything that was read is settled. */
  get complete(): boolean {
    return this.#commit.complete
  }

  /** Something has happened that the last one does not have. */
  get pending(): boolean {
    return this.#commit.changed || this.#commit.busy
  }

  set sourceKeeps(keeps: boolean) {
    this.#commit.sourceKeeps = keeps
  }

  read(place: number, position: string): void {
    this.#begun = true
    if (this.keeps) this.#commit.read(place, position)
  }

  settle(from: number, to: number): void {
    this.settleAll([{ from, to }])
  }

  /** The same for many at once, in order. */
  settleAll(places: readonly Span[]): void {
    if (this.keeps) this.#commit.settleAll(places)
  }

  /** Whether there are any: a run without a state folder takes none. */
  get keeps(): boolean {
    return this.#parts.every !== undefined
  }

  /** Something happened beside the stream that the next checkpoint makes durable. */
  touch(): void {
    this.#begun = true
    this.#commit.touch()
  }

  /** Takes one now, so that a run that dies early is known to have been, and every so often from now on. */
  start(): void {
    this.#begun = true
    if (!this.keeps) return
    this.#begin()
    this.#goOn()
  }

  #goOn(): void {
    this.#cancel = this.#parts.clock.after(this.#parts.every!, () => {
      this.#begin()
      this.#goOn()
    })
  }

  /** Resolves when a checkpoint has everything that is settled. Not before the sender, the disk and the source work. */
  current(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      if (!this.#commit.busy) this.#begin()
    })
  }

  /**
   * Every process is gone: takes no more. What a run that never began has to say is in the last
   * checkpoint already, and that may be a better one: whoever refused to begin did so because of it.
   *
   * One that is being written comes first, or it could take the place of this later one; and nothing
   * is written after this has resolved, when the folder may be another run's.
   *
   * @param stateless the sink keeps no state, so what it confirmed can be noted without asking it
   */
  async conclude(stateless: boolean): Promise<void> {
    this.#closed = true
    this.#cancel?.()
    this.#cancelWriteAgain?.()
    await this.#writing
    const draft =
      this.keeps && this.#begun && stateless ? this.#commit.conclude(this.#parts.note()) : undefined
    if (!draft) return
    await this.#parts.write(draft)
    this.#last = { at: this.#parts.clock.now(), draft }
  }

  marked(sinkState: string | undefined): void {
    this.#commit.marked(sinkState, this.#parts.note())
  }

  synced(): void {
    this.#do(this.#commit.synced())
  }

  committed(): void {
    this.#commit.committed()
    this.#done()
  }

  senderLost(): void {
    this.#commit.senderLost()
  }

  /** There is a new sender; it is asked for what its predecessor was asked for. */
  senderReady(): void {
    if (this.#commit.phase === 'syncing') this.#parts.sync()
  }

  writerLost(): void {
    if (this.#commit.phase !== 'committing') return
    this.#commit.writerLost()
    this.#done()
  }

  #begin(): void {
    if (this.#closed) return
    const step = this.#commit.begin(() => this.#parts.note())
    if (step) this.#do(step)
    else if (!this.#commit.busy) this.#done()
  }

  #do(step: Step<Note>): void {
    if (step.do === 'sync') this.#parts.sync()
    else if (step.do === 'write') this.#write(step.draft)
    else if (!this.#parts.tellSource(step.reached)) this.writerLost()
  }

  #write(draft: Draft<Note>): void {
    this.#writing = this.#tryToWrite(draft)
  }

  async #tryToWrite(draft: Draft<Note>): Promise<void> {
    try {
      await this.#parts.write(draft)
    } catch (error) {
      if (this.#closed) return
      this.#parts.blocked(`the checkpoint cannot be written: ${messageOf(error)}`)
      this.#cancelWriteAgain = this.#parts.clock.after(WRITE_AGAIN_MS, () => this.#write(draft))
      return
    }
    this.#parts.blocked(undefined)
    this.#last = { at: this.#parts.clock.now(), draft }
    const step = this.#commit.written()
    if (step) this.#do(step)
    else this.#done()
  }

  /** Nothing is under way: whoever waits is told, or the next one begins for them. */
  #done(): void {
    if (this.#waiting.length === 0) return
    if (this.#commit.changed) {
      this.#begin()
      return
    }
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
