import type { Begun, Call } from './active-calls.js'
import type { CallSignal } from './call-signal.js'
import type { CallParts, Calls } from './calls.js'
import { RecordContext, type WorkerSurroundings } from './context.js'
import type { Lend } from './hand.js'
import { invoke, others } from './invoke.js'
import type { Handler } from './user-module.js'

/** One record a call, up to `concurrency` at once. A handler that is not asynchronous costs no promise. */
export class SingleCalls implements Calls {
  readonly #handler: Handler
  readonly #surroundings: WorkerSurroundings
  readonly #parts: CallParts
  /** Whether the last call left a promise: only then is a look at the clock before the next worth its cost. */
  #asynchronous = false

  constructor(handler: Handler, surroundings: WorkerSurroundings, parts: CallParts) {
    this.#handler = handler
    this.#surroundings = surroundings
    this.#parts = parts
  }

  begin(most: number): number {
    others()
    const { active, hand } = this.#parts
    for (let begun = 0; begun < most; begun++) {
      const lend = hand.current
      if (!lend || lend.careful || !active.hasRoom) return begun
      this.#call(lend, hand.begin())
    }
    return most
  }

  beginAlone({ lend, index }: Begun): void {
    this.#call(lend, index)
  }

  #call(lend: Lend, index: number): void {
    const { active, bookmarking, outcomes, times, timeouts } = this.#parts
    bookmarking?.begin(lend.from + index)
    const signal = timeouts?.signal()
    const weight = this.#asynchronous ? times.sample() : 0
    const began = weight > 0 || (timeouts && this.#asynchronous) ? times.now() : undefined
    const context = new RecordContext(this.#surroundings, lend, index, signal ?? this.#surroundings)
    let made: unknown
    let kind: Made
    active.enter(lend, index)
    try {
      made = invoke(this.#handler, lend.records.values[index], context)
      kind = kindOf(made)
      // Runs the user's code, as the handler did, and may throw as it may.
      if (kind === 'generator') made = [...(made as Generator<unknown>)]
    } catch (error) {
      active.leave()
      outcomes.failed(lend, index, error)
      return
    }
    active.leave()
    const shown = !this.#asynchronous
    this.#asynchronous = kind === 'promise' || kind === 'asyncGenerator'
    if (kind === 'value') outcomes.returned(lend, index, made)
    else if (kind === 'generator') outcomes.generated(lend, index, made as unknown[])
    else {
      // The first that shows that the handler waits is timed from now on.
      const since = began ?? (shown || timeouts ? times.now() : 0)
      this.#wait(new SingleCall({ lend, index }, since, shown ? 1 : weight, signal), kind, made)
    }
  }

  #wait(call: SingleCall, kind: Made, made: unknown): void {
    this.#parts.active.add(call)
    this.#parts.timeouts?.watch(call)
    if (kind === 'promise') this.#await(call, made as PromiseLike<unknown>)
    else void this.#collect(call, made as AsyncGenerator<unknown>)
  }

  #await(call: SingleCall, made: PromiseLike<unknown>): void {
    const { outcomes, wake } = this.#parts
    const { lend, index } = call
    // A thenable need not keep a promise's rules (settle once, never throw); a promise is not wrapped again.
    Promise.resolve(made).then(
      (value) => {
        this.#back(call)
        outcomes.returned(lend, index, value)
        wake()
      },
      (error) => this.#failed(call, error),
    )
  }

  async #collect(call: SingleCall, made: AsyncGenerator<unknown>): Promise<void> {
    const { outcomes, wake } = this.#parts
    const { lend, index } = call
    const values: unknown[] = []
    try {
      for await (const value of made) values.push(value)
    } catch (error) {
      this.#failed(call, error)
      return
    }
    this.#back(call)
    outcomes.generated(lend, index, values)
    wake()
  }

  #failed(call: SingleCall, error: unknown): void {
    const { lend, index } = call
    this.#back(call)
    this.#parts.outcomes.failed(lend, index, call.signal ? call.signal.causeOf(error) : error)
    this.#parts.wake()
  }

  #back(call: SingleCall): void {
    this.#parts.active.remove(call)
    if (call.weight > 0) this.#parts.times.ended(call.since, call.weight, call.records)
  }
}

/** A call for one record: as nothing but itself, since many a handler is `async` and has nothing to wait for. */
class SingleCall implements Call, Begun {
  readonly lend: Lend
  readonly index: number
  readonly since: number
  readonly weight: number
  readonly signal: CallSignal | undefined
  slot = 0

  constructor({ lend, index }: Begun, since: number, weight: number, signal: CallSignal | undefined) {
    this.lend = lend
    this.index = index
    this.since = since
    this.weight = weight
    this.signal = signal
  }

  get records(): readonly Begun[] {
    return [this]
  }
}

/** What a handler gave back, by what is to be done with it. */
type Made = 'value' | 'promise' | 'generator' | 'asyncGenerator'

function kindOf(made: unknown): Made {
  if (typeof made !== 'object' || made === null) return 'value'
  if ('then' in made && typeof made.then === 'function') return 'promise'
  if (!('next' in made) || typeof made.next !== 'function') return 'value'
  if (Symbol.iterator in made) return 'generator'
  return Symbol.asyncIterator in made ? 'asyncGenerator' : 'value'
}
