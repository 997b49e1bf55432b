import { decodeBatch, encodeBatch } from '../codec/batch.js'
import type { Codec } from '../codec/codec.js'
import { messageOf } from '../errors.js'
import { Receiver } from '../flow/receiver.js'
import { Window } from '../flow/window.js'
import type { ChildSpec, FromChild } from '../link/control.js'
import type { Link } from '../link/link.js'
import type { Message, Messages } from '../link/messages.js'
import type { Batching } from '../model/batching.js'
import { systemClock } from '../model/clock.js'
import type { Logger } from '../model/logger.js'
import { pairsOf } from '../model/pairs.js'
import { type Rejected, type Result, type Sink, SinkClosed } from '../model/sink.js'
import { Inbox } from './inbox.js'

/** Milliseconds before a failed delivery is tried again, doubled each time up to the longest. */
const FIRST_BACKOFF_MS = 100
const LONGEST_BACKOFF_MS = 30_000

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
 */
export class SenderLoop {
  readonly #parts: SenderParts
  readonly #batch: Batching
  readonly #window: Window
  readonly #receiver: Receiver
  readonly #inbox = new Inbox()
  #state: 'idle' | 'waiting' | 'delivering' = 'idle'
  #failures = 0
  #cancelWait: (() => void) | undefined

  constructor(parts: SenderParts) {
    this.#parts = parts
    this.#batch = parts.batch ?? { size: LARGEST_DELIVERY, within: 0 }
    this.#window = new Window(1, parts.batch?.size ?? 1)
    this.#receiver = new Receiver(this.#window, parts.spec.handBytes)
  }

  begin(): void {
    this.#parts.link.send('ready', this.#receiver.grant())
  }

  message(message: Message): void {
    if (message.kind !== 'results') return
    const { from, count, skip, total, bytes } = message.body
    this.#receiver.arrived({ records: count, bytes })
    this.#inbox.add(decodeBatch(message.payload, total, this.#parts.codec), from, skip, count)
    const complete = this.#state === 'waiting' && this.#inbox.size >= this.#batch.size
    if (this.#state === 'idle' || complete) this.#deliverNext()
  }

  async stop(): Promise<void> {
    await this.#parts.sink.close?.()
  }

  /** Begins a delivery, if there is enough for one; an incomplete batch waits for more first. */
  #deliverNext(): void {
    const { size, within } = this.#batch
    this.#cancelWait?.()
    this.#cancelWait = undefined
    if (this.#inbox.size === 0) {
      this.#state = 'idle'
    } else if (this.#inbox.size < size && within > 0) {
      this.#state = 'waiting'
      this.#cancelWait = systemClock.after(within, () => this.#deliver())
    } else {
      this.#deliver()
    }
  }

  #deliver(): void {
    this.#state = 'delivering'
    this.#deliverLoop().catch((error) => this.#parts.giveUp(error))
  }

  async #deliverLoop(): Promise<void> {
    const { results, places } = this.#inbox.peek(this.#batch.size)
    const begun = performance.now()
    let rejected: readonly Rejected[]
    try {
      rejected = (await this.#parts.sink.deliver(results)) ?? []
    } catch (error) {
      if (error instanceof SinkClosed) {
        this.#parts.tell({ type: 'sinkClosed' })
        return
      }
      await this.#backOff(error)
      this.#deliverNext()
      return
    }
    this.#recovered()
    this.#confirm(results, places, rejected, performance.now() - begun)
    this.#deliverNext()
  }

  #confirm(
    results: readonly Result[],
    places: readonly number[],
    rejected: readonly Rejected[],
    busy: number,
  ): void {
    const { sink, link } = this.#parts
    // Both may throw; then nothing is confirmed, and another sender delivers these again.
    const state = stateOf(sink)
    const letters = this.#letters(results, places, rejected)
    this.#inbox.drop(results.length)
    this.#receiver.finished(results.length)
    this.#window.measure(results.length, busy)
    link.send('confirm', {
      done: pairsOf(places),
      ...(letters.length > 0 && { rejected: letters }),
      ...(state !== undefined && { state }),
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

  async #backOff(error: unknown): Promise<void> {
    const wait = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#failures++)
    const reason = messageOf(error)
    this.#parts.log.warn({ err: error, retryInMs: wait }, `the sink fails: ${reason}`)
    this.#parts.tell({ type: 'blocked', reason: `the sink fails: ${reason}` })
    await new Promise<void>((resolve) => systemClock.after(wait, resolve))
  }

  #recovered(): void {
    if (this.#failures === 0) return
    this.#failures = 0
    this.#parts.log.info('the sink works again')
    this.#parts.tell({ type: 'blocked' })
  }
}

/** JSON of what the sink would go back to; undefined when it keeps no state. */
function stateOf(sink: Sink): string | undefined {
  const state = sink.state?.()
  return state === undefined ? undefined : JSON.stringify(state)
}
