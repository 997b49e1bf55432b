import { decodeResults } from '../codec/batch.js'
import type { Codec } from '../codec/codec.js'
import { Receiver } from '../flow/receiver.js'
import { Window } from '../flow/window.js'
import type { ChildSpec, FromChild } from '../link/control.js'
import type { Link } from '../link/link.js'
import type { Message, Messages } from '../link/messages.js'
import type { Batching } from '../model/batching.js'
import { type Clock, systemClock } from '../model/clock.js'
import { isLineSink } from '../model/line-sink.js'
import type { Logger } from '../model/logger.js'
import type { Payload } from '../model/payload.js'
import { type Rejected, type Sink, SinkClosed } from '../model/sink.js'
import { Checkpoints } from './checkpoints.js'
import { Confirmations, type Taken } from './confirmations.js'
import { Failures } from './failures.js'
import { type Delivery, Inbox } from './inbox.js'
import { refusalsOf } from './refusals.js'
import { SinkState } from './sink-state.js'

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
  /** JSON: what the sink is to go back to. */
  readonly state: string | undefined
  /** Default: the system's. */
  readonly clock?: Clock
  tell(message: FromChild): void
  giveUp(error: unknown): void
}

/** Opens the sink and takes up the role of the sender. Ready when the state of the sink is known. */
export async function startSender(parts: SenderParts): Promise<SenderLoop> {
  const state = parts.state === undefined ? undefined : JSON.parse(parts.state)
  const { signal, log, spec } = parts
  await parts.sink.open(state, { signal, log, redelivers: spec.sender?.redelivers ?? true })
  const loop = new SenderLoop(parts)
  await loop.opened()
  return loop
}

/**
 * The sender: hands results to the sink in order, one delivery at a time, and confirms what the
 * sink has taken. A delivery that fails is tried again for as long as it takes; meanwhile nothing
 * is confirmed, so nothing more arrives than was granted.
 *
 * What is confirmed is covered by the state that was sent last: see {@link SinkState}.
 *
 * A checkpoint that is due begins where a lent piece ends: the state then covers no record in part.
 */
export class SenderLoop {
  readonly #parts: SenderParts
  readonly #batch: Batching
  readonly #window: Window
  readonly #receiver: Receiver
  readonly #inbox = new Inbox()
  readonly #confirmations: Confirmations
  readonly #clock: Clock
  readonly #failures: Failures
  readonly #sinkState: SinkState
  readonly #checkpoints: Checkpoints
  /** `waiting` for a batch to fill, or `resting` after a delivery that failed. */
  #phase: 'idle' | 'waiting' | 'delivering' | 'resting' = 'idle'
  #cancelWait: (() => void) | undefined

  constructor(parts: SenderParts) {
    this.#parts = parts
    this.#batch = parts.batch ?? { size: LARGEST_DELIVERY, within: 0 }
    this.#window = new Window(parts.spec.hand.records, 1, parts.batch?.size)
    this.#receiver = new Receiver(this.#window, parts.spec.hand.bytes)
    this.#clock = parts.clock ?? systemClock
    this.#failures = new Failures({ ...parts, clock: this.#clock })
    const { sink, state, spec } = parts
    const durably = spec.sender?.durably ?? false
    this.#confirmations = new Confirmations({
      link: parts.link,
      receiver: this.#receiver,
      window: this.#window,
      together: !sink.state && !sink.sync,
    })
    this.#sinkState = new SinkState({ sink, failures: this.#failures, state, durably })
    this.#checkpoints = new Checkpoints({
      ...parts,
      sinkState: this.#sinkState,
      broken: (error) => this.#broken(error),
    })
  }

  opened(): Promise<void> {
    return this.#sinkState.opened()
  }

  begin(): void {
    this.#parts.link.send('ready', { ...this.#receiver.grant(), ...this.#sinkState.confirmed })
  }

  message(message: Message): void {
    if (message.kind === 'sync') {
      this.#confirmations.flush()
      this.#checkpoints.ask()
      this.#beginCheckpoint()
    } else if (message.kind === 'results') {
      this.#take(message.body, message.payload)
    }
  }

  async stop(): Promise<void> {
    this.#confirmations.flush()
    this.#failures.stop()
    await this.#sinkState.ended()
    await this.#parts.sink.close?.()
  }

  #take({ from, count, skip, total, bytes }: Messages['results'], payload: Payload): void {
    this.#receiver.arrived({ records: count, bytes })
    this.#inbox.add(decodeResults(payload, total, this.#parts.codec), from, skip, count)
    const complete = this.#phase === 'waiting' && this.#inbox.size >= this.#batch.size
    if (this.#phase === 'idle' || complete) this.#deliverNext()
  }

  /** Begins the checkpoint that is due, unless `state` may already tell of a delivery under way, or of a record in part. */
  #beginCheckpoint(): void {
    const unsure = this.#phase === 'delivering' && this.#parts.sink.state !== undefined
    if (!unsure && this.#inbox.atBorder) this.#checkpoints.begin()
  }

  /** Begins a delivery, if there is enough for one; an incomplete batch waits for more first. */
  #deliverNext(): void {
    const { size, within } = this.#batch
    this.#cancelWait?.()
    this.#cancelWait = undefined
    this.#phase = 'idle'
    this.#beginCheckpoint()
    if (this.#inbox.size === 0) return
    if (this.#inbox.size < size && within > 0) {
      this.#phase = 'waiting'
      this.#cancelWait = this.#clock.after(within, () => this.#deliver())
    } else {
      this.#deliver()
    }
  }

  #deliver(): void {
    this.#phase = 'delivering'
    this.#deliverLoop().catch((error) => this.#broken(error))
  }

  async #deliverLoop(): Promise<void> {
    // A checkpoint that is due must find what was delivered at the end of a piece.
    const limit = this.#checkpoints.due ? this.#inbox.leftOfPiece : this.#batch.size
    const delivery = this.#inbox.peek(Math.min(limit, this.#batch.size))
    const begun = performance.now()
    let rejected: readonly Rejected[]
    try {
      rejected = (await handOver(delivery, this.#parts.sink)) ?? []
    } catch (error) {
      if (error instanceof SinkClosed) throw error
      this.#phase = 'resting'
      this.#confirmations.flush()
      this.#beginCheckpoint()
      await this.#failures.failed('deliver', error)
      this.#deliverNext()
      return
    }
    this.#failures.worked('deliver')
    const state = await this.#sinkState.afterDelivery()
    this.#confirm(delivery, rejected, { state, busy: performance.now() - begun })
    this.#deliverNext()
  }

  #broken(error: unknown): void {
    if (error instanceof SinkClosed) this.#parts.tell({ type: 'sinkClosed' })
    else this.#parts.giveUp(error)
  }

  #confirm(delivery: Delivery, refused: readonly Rejected[], taken: Pick<Taken, 'state' | 'busy'>): void {
    const { count, places } = delivery
    // May throw; then nothing is confirmed, and another sender delivers these again.
    const rejected =
      refused.length > 0 && 'results' in delivery
        ? refusalsOf({ ...delivery, rejected: refused }, this.#parts.codec)
        : []
    this.#sinkState.confirm(taken.state)
    this.#inbox.drop(count)
    this.#confirmations.confirm({ count, places, rejected, ...taken }, this.#inbox.size > 0)
  }
}

/** Lines come only where the topology has seen a sink of lines. */
function handOver(delivery: Delivery, sink: Sink): ReturnType<Sink['deliver']> {
  if ('results' in delivery) return sink.deliver(delivery.results)
  if (!isLineSink(sink)) throw new TypeError('workers have made lines for a sink that takes none')
  return sink.deliverLines(delivery.lines)
}
