import { BoundedQueue } from '../flow/bounded-queue.js'
import { InvariantError } from '../flow/invariant.js'
import type { Amount } from '../model/amount.js'
import type { Batch, Piece } from '../model/batch.js'
import { Stored } from '../model/payload.js'
import { Ranges } from '../model/ranges.js'
import type { Span } from '../model/span.js'
import type { Queue, QueueListener } from './contract.js'

/** The queue of the `ipc` transport: in the primary's own memory. */
export class MemoryQueue implements Queue {
  readonly #pieces: BoundedQueue
  readonly #listener: QueueListener
  /** Places of batches in shared memory that are not decided yet. */
  readonly #undecided = new Map<Batch, number>()
  readonly #taken = new Ranges()
  readonly #leftTheBound = new Ranges()
  #unsettled = 0
  #told: 'nothing' | 'readable' | 'writable' | 'both' = 'nothing'

  constructor(capacity: Amount, listener: QueueListener) {
    this.#pieces = new BoundedQueue(capacity)
    this.#listener = listener
  }

  get capacity(): Amount {
    return this.#pieces.capacity
  }

  get room(): Amount {
    return this.#pieces.room
  }

  get size(): Amount {
    return this.#pieces.size
  }

  get waiting(): number {
    return this.#pieces.waiting
  }

  get next(): Piece | undefined {
    return this.#pieces.next
  }

  get empty(): boolean {
    return this.#unsettled === 0
  }

  offer(batch: Batch, from: number, overdraft = false): void {
    this.#pieces.offer(batch, from, overdraft)
    this.#unsettled += batch.width
    if (batch.payload instanceof Stored) this.#undecided.set(batch, batch.width)
    this.#tell('readable')
  }

  take(limit: Amount, before?: number): Piece | undefined {
    const piece = this.#pieces.take(limit, before)
    if (piece) this.#taken.add(piece.from, piece.to)
    return piece
  }

  giveBack(piece: Piece): void {
    this.#expectTaken(piece)
    this.#taken.remove(piece.from, piece.to)
    this.#pieces.giveBack(piece)
    this.#tell('readable')
  }

  setAside(piece: Piece): void {
    this.decide(piece)
  }

  decide(piece: Piece): void {
    this.#expectTaken(piece)
    this.#taken.remove(piece.from, piece.to)
    this.#leftTheBound.add(piece.from, piece.to)
    this.#pieces.release(piece)
    this.#forget(piece)
    this.#tell('writable')
  }

  settle(places: Span): void {
    const { from, to } = places
    if (this.#leftTheBound.remove(from, to) !== to - from) {
      throw new InvariantError(`places ${from} to ${to} were settled without being decided, or twice`)
    }
    this.#unsettled -= to - from
  }

  async close(): Promise<void> {}

  /** The payload of a batch is no longer needed when all of it is decided. */
  #forget({ batch, from, to }: Piece): void {
    if (!(batch.payload instanceof Stored)) return
    const left = this.#undecided.get(batch)! - (to - from)
    if (left > 0) {
      this.#undecided.set(batch, left)
    } else {
      this.#undecided.delete(batch)
      batch.payload.release()
    }
  }

  #expectTaken({ from, to }: Piece): void {
    if (!this.#taken.covers(from, to)) {
      throw new InvariantError(`places ${from} to ${to} are not taken`)
    }
  }

  /** Tells the listener in a microtask, once for all that happened in between. */
  #tell(what: 'readable' | 'writable'): void {
    if (this.#told === 'nothing') queueMicrotask(() => this.#deliver())
    this.#told = this.#told === 'nothing' || this.#told === what ? what : 'both'
  }

  #deliver(): void {
    const told = this.#told
    this.#told = 'nothing'
    if (told !== 'writable') this.#listener.readable()
    if (told !== 'readable') this.#listener.writable()
  }
}
