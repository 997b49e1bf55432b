import { MillraceError } from '../errors.js'
import type { Batching } from '../model/batching.js'
import type { Clock } from '../model/clock.js'
import { type BatchContext, RecordContext, type WorkerSurroundings } from './context.js'
import type { Hand, Lend } from './hand.js'
import type { BatchHandler, Handler } from './user-module.js'

/** What became of a record; called exactly once for each that was begun. */
export interface Outcomes {
  /** The handler returned `value` for the record (which may be `undefined` or `ctx.drop`). */
  returned(lend: Lend, index: number, value: unknown): void
  /** The handler is a generator, and these are its results. */
  generated(lend: Lend, index: number, values: readonly unknown[]): void
  failed(lend: Lend, index: number, error: unknown): void
}

/** Calls the user's handler for what is in hand. */
export interface Calls {
  /** Calls that have not come back. */
  readonly active: number
  /** Begins the next call, if there is room for one and something to do; says whether it did. */
  begin(): boolean
}

/** One record a call, up to `concurrency` at once. A handler that is not asynchronous costs no promise. */
export class SingleCalls implements Calls {
  active = 0
  readonly #handler: Handler
  readonly #concurrency: number
  readonly #hand: Hand
  readonly #outcomes: Outcomes
  readonly #surroundings: WorkerSurroundings

  constructor(
    handler: Handler,
    concurrency: number,
    surroundings: WorkerSurroundings,
    ends: { readonly hand: Hand; readonly outcomes: Outcomes },
  ) {
    this.#handler = handler
    this.#concurrency = concurrency
    this.#surroundings = surroundings
    this.#hand = ends.hand
    this.#outcomes = ends.outcomes
  }

  begin(): boolean {
    if (this.active >= this.#concurrency) return false
    const lend = this.#hand.current
    if (!lend) return false
    const index = this.#hand.begin()
    try {
      const context = new RecordContext(this.#surroundings, lend.records, index, lend.attempt)
      const made = this.#handler(lend.records.values[index], context)
      if (typeof made !== 'object' || made === null) this.#outcomes.returned(lend, index, made)
      else if (isThenable(made)) void this.#await(lend, index, made)
      else if (isGenerator(made)) void this.#collect(lend, index, made)
      else this.#outcomes.returned(lend, index, made)
    } catch (error) {
      this.#outcomes.failed(lend, index, error)
    }
    return true
  }

  #await(lend: Lend, index: number, made: PromiseLike<unknown>): void {
    this.active++
    made.then(
      (value) => {
        this.active--
        this.#outcomes.returned(lend, index, value)
      },
      (error) => {
        this.active--
        this.#outcomes.failed(lend, index, error)
      },
    )
  }

  async #collect(lend: Lend, index: number, made: AnyGenerator): Promise<void> {
    this.active++
    const values: unknown[] = []
    let failure: { readonly error: unknown } | undefined
    try {
      if (Symbol.iterator in made) for (const value of made) values.push(value)
      else for await (const value of made) values.push(value)
    } catch (error) {
      failure = { error }
    }
    this.active--
    if (failure) this.#outcomes.failed(lend, index, failure.error)
    else this.#outcomes.generated(lend, index, values)
  }
}

/** Up to `size` records a call; an incomplete batch waits `within` milliseconds for more. */
export class BatchCalls implements Calls {
  active = 0
  readonly #handler: BatchHandler
  readonly #batching: Batching
  readonly #concurrency: number
  readonly #surroundings: WorkerSurroundings
  readonly #hand: Hand
  readonly #outcomes: Outcomes
  readonly #clock: Clock
  /** Set while an incomplete batch waits; `due` once it has waited long enough. */
  #waiting: 'not' | 'waiting' | 'due' = 'not'
  readonly #wake: () => void
  #cancelWait: (() => void) | undefined

  constructor(
    handler: BatchHandler,
    batching: Batching,
    surroundings: WorkerSurroundings,
    ends: {
      readonly hand: Hand
      readonly outcomes: Outcomes
      readonly concurrency: number
      readonly clock: Clock
      /** Called when a batch came back as a whole, and when an incomplete one has waited long enough. */
      wake(): void
    },
  ) {
    this.#handler = handler
    this.#batching = batching
    this.#surroundings = surroundings
    this.#hand = ends.hand
    this.#outcomes = ends.outcomes
    this.#concurrency = ends.concurrency
    this.#clock = ends.clock
    this.#wake = ends.wake
  }

  begin(): boolean {
    if (this.active >= this.#concurrency || this.#hand.size === 0) return false
    if (this.#hand.size < this.#batching.size && this.#waiting !== 'due') {
      if (this.#waiting === 'not') this.#wait()
      return false
    }
    this.#waiting = 'not'
    this.#cancelWait?.()
    const batch: { lend: Lend; index: number }[] = []
    while (batch.length < this.#batching.size) {
      const lend = this.#hand.current
      if (!lend) break
      batch.push({ lend, index: this.#hand.begin() })
    }
    void this.#call(batch)
    return true
  }

  #wait(): void {
    this.#waiting = 'waiting'
    this.#cancelWait = this.#clock.after(this.#batching.within, () => {
      if (this.#waiting !== 'waiting') return
      this.#waiting = 'due'
      this.#wake()
    })
  }

  async #call(batch: readonly { lend: Lend; index: number }[]): Promise<void> {
    this.active++
    const values = batch.map(({ lend, index }) => lend.records.values[index])
    const context: BatchContext = {
      ...this.#surroundings,
      records: batch.map(
        ({ lend, index }) => new RecordContext(this.#surroundings, lend.records, index, lend.attempt),
      ),
    }
    let made: unknown
    let failure: { readonly error: unknown } | undefined
    try {
      made = await this.#handler(values, context)
      if (made === undefined) made = batch.map(() => undefined)
      if (!Array.isArray(made) || made.length !== batch.length) throw wrongLength(made, batch.length)
    } catch (error) {
      failure = { error }
    }
    // The call is active until its last record is taken in, or each record would get a report of its own.
    for (let i = 0; i < batch.length; i++) {
      const { lend, index } = batch[i]!
      const value = failure ? failure.error : (made as unknown[])[i]
      if (failure || value instanceof Error) this.#outcomes.failed(lend, index, value)
      else this.#outcomes.returned(lend, index, value)
    }
    this.active--
    this.#wake()
  }
}

type AnyGenerator = Generator<unknown> | AsyncGenerator<unknown>

const isThenable = (made: object): made is PromiseLike<unknown> =>
  'then' in made && typeof made.then === 'function'

const isGenerator = (made: object): made is AnyGenerator =>
  'next' in made &&
  typeof made.next === 'function' &&
  (Symbol.iterator in made || Symbol.asyncIterator in made)

const wrongLength = (made: unknown, length: number) =>
  new MillraceError(
    'result_missing',
    `a handler of batches must return an array of ${length} results for ${length} records, not ${
      Array.isArray(made) ? `one of ${made.length}` : typeof made
    }`,
  )
