import type { Receiver } from '../flow/receiver.js'
import type { Window } from '../flow/window.js'
import type { Link } from '../link/link.js'
import type { Messages } from '../link/messages.js'
import type { StateNote } from './sink-state.js'

/** Deliveries that take no longer (milliseconds) may be confirmed together, */
const QUICK_MS = 0.25

/** and so many milliseconds after the first of them they are. */
const TOGETHER_MS = 1

export interface ConfirmationParts {
  readonly link: Pick<Link, 'send'>
  readonly receiver: Receiver
  readonly window: Window
  /**
   * Whether quick deliveries are confirmed together: a message for each would cost many times what the
   * delivery does. If the sender is killed meanwhile, they are delivered again; so this is not for sinks
   * that are promised better.
   */
  readonly together: boolean
}

/** A delivery that the sink has taken. */
export interface Taken {
  readonly count: number
  readonly places: readonly number[]
  readonly rejected: NonNullable<Messages['confirm']['rejected']>
  readonly state: StateNote
  /** Milliseconds that it took. */
  readonly busy: number
}

/** Tells the primary what the sink has taken: at once, or with what is taken in the same moment. */
export class Confirmations {
  readonly #parts: ConfirmationParts
  #places: number[] = []
  #handled = 0
  #busy = 0
  /** When the first of those was taken that are not confirmed; on the clock of `performance`. */
  #since: number | undefined

  constructor(parts: ConfirmationParts) {
    this.#parts = parts
  }

  /** @param more whether another delivery follows at once */
  confirm({ count, places, rejected, state, busy }: Taken, more: boolean): void {
    const { receiver, window, together } = this.#parts
    receiver.finished(count)
    window.measure(count, busy)
    for (let i = 0; i < places.length; i += 2) this.#add(places[i]!, places[i + 1]!)
    this.#handled += count
    this.#busy += busy
    const waits = together && more && rejected.length === 0 && busy < QUICK_MS
    if (!waits || this.#isLate()) this.#send(rejected, state)
  }

  /** Confirms what is not confirmed yet. */
  flush(): void {
    if (this.#handled > 0) this.#send([], {})
  }

  #add(from: number, to: number): void {
    if (this.#places.at(-1) === from) this.#places[this.#places.length - 1] = to
    else this.#places.push(from, to)
  }

  /** Whether what was taken first has waited for long enough. If the sink lets the event loop go on, it waits no longer. */
  #isLate(): boolean {
    const now = performance.now()
    if (this.#since === undefined) setImmediate(() => this.flush())
    this.#since ??= now
    return now - this.#since >= TOGETHER_MS
  }

  #send(rejected: Taken['rejected'], state: StateNote): void {
    const { link, receiver, window } = this.#parts
    link.send('confirm', {
      done: this.#places,
      ...(rejected.length > 0 && { rejected }),
      ...state,
      credit: receiver.grant(),
      activity: { handled: this.#handled, busy: this.#busy, window: window.size },
    })
    this.#places = []
    this.#handled = 0
    this.#busy = 0
    this.#since = undefined
  }
}
