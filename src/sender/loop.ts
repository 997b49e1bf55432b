import { decodeBatch, encodeBatch } from '../codec/batch.js'
import type { Codec } from '../codec/codec.js'
import { Receiver } from '../flow/receiver.js'
import { Window } from '../flow/window.js'
import type { ChildSpec, FromChild } from '../link/control.js'
import type { Link } from '../link/link.js'
import type { Message, Messages } from '../link/messages.js'
import type { Batching } from '../model/batching.js'
import { type Clock, systemClock } from '../model/clock.js'
import type { Logger } from '../model/logger.js'
import { pairsOf } from '../model/pairs.js'
import { type Rejected, type Result, type Sink, SinkClosed } from '../model/sink.js'
import { asJson, Checkpoints } from './checkpoints.js'
import { Failures } from './failures.js'
import { Inbox } from './inbox.js'

/** Results that a sink without a batch size of its own is handed at once, at the most. */
const LARGEST_DELIVERY = 8192

export interface SenderParts {
  readonly spec: ChildSpec
  readonly link: Pick<Link, 'send'>
  readonly log: Logger
  readonly signal: AbortSignal
  readonly codec: Codec
  readonly sink: Sink
  readonly batch: Batching | undefined
  readonly state: string | undefined
  /** Default: the system's. */
  readonly clock?: Clock
  tell(message: FromChild): void
  giveUp(error: unknown): void
}

/** Opens the sink and takes up the role of the sender. */
export async function startSender(parts: SenderParts): Promise<SenderLoop> {
  const state = parts.state === undefined ? undefined : JSON.parse(parts.state)
  await parts.sink.open(state, { signal: parts.signal, log: parts.log })
  return new SenderLoop(parts)
}

/**
 * The sender: hands results to the sink in order, one delivery at a time, and confirms what the
 * sink has taken. A delivery that fails is tried again for as long as it takes; meanwhile nothing
 * is confirmed, so nothing more arrives than was granted.
 *
 * A checkpoint that is due begins between two deliveries, where a lent piece ends: the state of the
 * sink then covers what is confirmed, and no record in part.
 */
export class SenderLoop {
  readonly #parts: SenderParts
  readonly #batch: Batching
  readonly #window: Window
  readonly #receiver: Receiver
  readonly #inbox = new Inbox()
  readonly #clock: Clock
  readonly #failures: Failures
  readonly #checkpoints: Checkpoints
  /** `waiting` for a batch to fill, `held` by a checkpoint, or `resting` after a delivery that failed. */
  #state: 'idle' | 'waiting' | 'held' | 'delivering' | 'resting' = 'idle'
  #cancelWait: (() => void) | undefined

  constructor(parts: SenderParts) {
    this.#parts = parts
    this.#batch = parts.batch ?? { size: LARGEST_DELIVERY, within: 0 }
    this.#window = new Window(1, parts.batch?.size ?? 1)
    this.#receiver = new Receiver(this.#window, parts.spec.handBytes)
    this.#clock = parts.clock ?? systemClock
    this.#failures = new Failures({ ...parts, clock: this.#clock })
    this.#checkpoints = new Checkpoints({
      ...parts,
      failures: this.#failures,
      released: () => this.#state === 'held' && this.#deliverNext(),
      broken: (error) => this.#broken(error),
    })
  }

  begin(): void {
    this.#parts.link.send('ready', this.#receiver.grant())
  }

  message(message: Message): void {
    if (message.kind === 'sync') {
      this.#checkpoints.ask()
      this.#beginCheckpoint()
    } else if (message.kind === 'results') {
      this.#take(message.body, message.payload)
    }
  }

  async stop(): Promise<void> {
    this.#failures.stop()
    await this.#checkpoints.ended()
    await this.#parts.sink.close?.()
  }

  #take({ from, count, skip, total, bytes }: Messages['results'], payload: Uint8Array): void {
    this.#receiver.arrived({ records: count, bytes })
    this.#inbox.add(decodeBatch(payload, total, this.#parts.codec), from, skip, count)
    const complete = this.#state === 'waiting' && this.#inbox.size >= this.#batch.size
    if (this.#state === 'idle' || complete) this.#deliverNext()
  }

  /** Begins the checkpoint that is due, if this is the moment for it. */
  #beginCheckpoint(): void {
    if (this.#state !== 'delivering' && this.#inbox.atBorder) this.#checkpoints.begin()
  }

  /** Begins a delivery, if there is enough for one; an incomplete batch waits for more first. */
  #deliverNext(): void {
    const { size, within } = this.#batch
    this.#cancelWait?.()
    this.#cancelWait = undefined
    this.#state = 'idle'
    this.#beginCheckpoint()
    if (this.#inbox.size === 0) return
    if (this.#inbox.size < size && within > 0) {
      this.#state = 'waiting'
      this.#cancelWait = this.#clock.after(within, () => this.#deliver())
    } else {
      this.#deliver()
    }
  }

  #deliver(): void {
    if (this.#checkpoints.holding) {
      this.#state = 'held'
      return
    }
    this.#state = 'delivering'
    this.#deliverLoop().catch((error) => this.#broken(error))
  }

  async #deliverLoop(): Promise<void> {
    // A checkpoint that is due must find what was delivered at the end of a piece.
    const limit = this.#checkpoints.due ? this.#inbox.leftOfPiece : this.#batch.size
    const { results, places } = this.#inbox.peek(Math.min(limit, this.#batch.size))
    const begun = performance.now()
    let rejected: readonly Rejected[]
    try {
      rejected = (await this.#parts.sink.deliver(results)) ?? []
    } catch (error) {
      if (error instanceof SinkClosed) throw error
      this.#state = 'resting'
      this.#beginCheckpoint()
      await this.#failures.failed('deliver', error)
      this.#deliverNext()
      return
    }
    this.#failures.worked('deliver')
    this.#confirm(results, places, rejected, performance.now() - begun)
    this.#deliverNext()
  }

  #broken(error: unknown): void {
    if (error instanceof SinkClosed) this.#parts.tell({ type: 'sinkClosed' })
    else this.#parts.giveUp(error)
  }

  #confirm(
    results: readonly Result[],
    places: readonly number[],
    rejected: readonly Rejected[],
    busy: number,
  ): void {
    const { sink, link } = this.#parts
    // Both may throw; then nothing is confirmed, and another sender delivers these again.
    const state = asJson(sink.state?.())
    const letters = this.#letters(results, places, rejected)
    this.#inbox.drop(results.length)
    this.#receiver.finished(results.length)
    this.#window.measure(results.length, busy)
    link.send('confirm', {
      done: pairsOf(places),
      ...(letters.length > 0 && { rejected: letters }),
      ...state,
      credit: this.#receiver.grant(),
      activity: { handled: results.length, busy, window: this.#window.size },
    })
  }

  /** What the primary needs to write dead letters: the rejected results themselves. */
  #letters(
    results: readonly Result[],
    places: readonly number[],
    rejected: readonly Rejected[],
  ): NonNullable<Messages['confirm']['rejected']> {
    return rejected.flatMap(({ index, reason }) => {
      const result = results[index]
      if (!result) return []
      const { id, value, key, headers } = result
      const alone = { values: [value], ids: { list: [id] }, keys: [key], headers: [headers] }
      return [{ place: places[index]!, reason, id, value: encodeBatch(alone, this.#parts.codec) }]
    })
  }
}
