import type { Account } from '../../flow/account.js'
import { Credit, refill } from '../../flow/credit.js'
import { InvariantError } from '../../flow/invariant.js'
import type { ResumeNote } from '../../link/control.js'
import type { Messages } from '../../link/messages.js'
import type { SourceKind, SourceProgress } from '../../model/source.js'
import type { Queue } from '../../queue/contract.js'
import type { ChildProcess } from '../processes/child-process.js'

/**
 * The writer's end of the in-queue: grants the writer credit for the room there is, takes in its
 * batches, and remembers where a successor would resume.
 */
export class Intake {
  readonly #queue: Queue
  readonly #account: Account
  readonly #credit = new Credit()
  #writer: ChildProcess | undefined
  #paused = false
  /** Where a new writer resumes: after the last batch that was accepted. Set by every batch. */
  #resume: ResumeNote | undefined
  #progress: SourceProgress = {}
  #sourceKind: SourceKind | undefined
  #state: 'reading' | 'ended' = 'reading'

  constructor(queue: Queue, account: Account) {
    this.#queue = queue
    this.#account = account
  }

  get resume(): ResumeNote | undefined {
    return this.#resume
  }

  get progress(): SourceProgress {
    return this.#progress
  }

  /** What the writer says its source is; a generator shows it by its first records. */
  get sourceKind(): SourceKind | undefined {
    return this.#sourceKind
  }

  /** Nothing more will be read, because the source is at its end or was told to stop. */
  get ended(): boolean {
    return this.#state === 'ended'
  }

  /** Records that the writer may still send. */
  get granted(): number {
    return this.#credit.available.records
  }

  attach(writer: ChildProcess): void {
    this.#writer = writer
  }

  /** The writer is gone; what it was granted and did not use is free again. */
  detach(writer: ChildProcess): void {
    if (this.#writer !== writer) return
    this.#writer = undefined
    this.#credit.spend(this.#credit.available)
  }

  /** Marks the end of input, also when the writer that would have said so is gone. */
  end(): void {
    this.#state = 'ended'
  }

  /** Lets the writer read no more for now, beyond what it was granted. */
  pause(paused: boolean): void {
    this.#paused = paused
  }

  accept({ count, position, progress, sourceKind }: Messages['batch'], payload: Uint8Array): void {
    this.#credit.spend({ records: count, bytes: payload.byteLength })
    this.#queue.offer({ width: count, count, payload })
    this.#read(count, position)
    if (progress) this.#progress = progress
    if (sourceKind) this.#sourceKind = sourceKind
  }

  acceptRefused({ position }: Messages['refused']): void {
    this.#credit.spend({ records: 1, bytes: 0 })
    this.#read(1, position)
  }

  /**
   * Grants what is free, once that is half of the queue.
   *
   * @param target how long the writer should make its batches
   */
  grant(target: number): void {
    if (!this.#writer || this.#paused || this.ended) return
    const { capacity, size, room } = this.#queue
    const granted = this.#credit.available
    const wanted = refill(capacity, size, granted)
    const credit = {
      records: Math.max(0, Math.min(wanted.records, room.records - granted.records)),
      bytes: Math.max(0, Math.min(wanted.bytes, room.bytes - granted.bytes)),
    }
    if (credit.records === 0 && credit.bytes === 0) return
    this.#credit.grant(credit)
    this.#writer.send('credit', { ...credit, target })
  }

  #read(count: number, position: string): void {
    if (this.ended) throw new InvariantError('the writer sent records after the end')
    this.#account.counters.read += count
    this.#resume = { position, accepted: (this.#resume?.accepted ?? 0) + count }
  }
}
