import { MillraceError } from '../errors.js'
import type { Batching } from '../model/batching.js'
import type { Clock } from '../model/clock.js'
import type { Begun, Call } from './active-calls.js'
import type { CallParts, Calls } from './calls.js'
import { type BatchContext, RecordContext, type WorkerSurroundings } from './context.js'
import type { BatchHandler, WorkerModule } from './user-module.js'

export interface BatchCallParts extends CallParts {
  readonly clock: Clock
}

/** Up to `size` records a call; an incomplete batch waits `within` milliseconds for more. */
export class BatchCalls implements Calls {
  readonly #handler: BatchHandler
  readonly #batching: Batching
  readonly #surroundings: WorkerSurroundings
  readonly #parts: BatchCallParts
  /** Set while an incomplete batch waits; `due` once it has waited long enough. */
  #waiting: 'not' | 'waiting' | 'due' = 'not'
  #cancelWait: (() => void) | undefined

  constructor(
    handle: Extract<WorkerModule['handle'], { readonly many: unknown }>,
    surroundings: WorkerSurroundings,
    parts: BatchCallParts,
  ) {
    this.#handler = handle.many
    this.#batching = handle.batching
    this.#surroundings = surroundings
    this.#parts = parts
  }

  begin(most: number): number {
    for (let begun = 0; begun < most; begun++) if (!this.#beginNext()) return begun
    return most
  }

  /** Begins the next call, if there is room for one and something to do; says whether it did. */
  #beginNext(): boolean {
    const { active, hand } = this.#parts
    if (!hand.current || hand.current.careful || !active.hasRoom) return false
    // Nothing can join a batch past a careful record, so it need not wait.
    if (hand.size < this.#batching.size && !hand.hasCareful && this.#waiting !== 'due') {
      if (this.#waiting === 'not') this.#wait()
      return false
    }
    this.#waiting = 'not'
    this.#cancelWait?.()
    const batch: Begun[] = []
    while (batch.length < this.#batching.size) {
      const lend = hand.current
      if (!lend || lend.careful) break
      batch.push({ lend, index: hand.begin() })
    }
    void this.#call(batch)
    return true
  }

  beginAlone(record: Begun): void {
    void this.#call([record])
  }

  #wait(): void {
    this.#waiting = 'waiting'
    this.#cancelWait = this.#parts.clock.after(this.#batching.within, () => {
      if (this.#waiting !== 'waiting') return
      this.#waiting = 'due'
      this.#parts.wake()
    })
  }

  async #call(batch: readonly Begun[]): Promise<void> {
    const { active, outcomes, times, timeouts, wake } = this.#parts
    const [since, weight] = [times.now(), batch.length]
    const call: Call = { records: batch, since, weight, signal: timeouts?.signal(), slot: 0 }
    const values = batch.map(({ lend, index }) => lend.records.values[index])
    const context = this.#contextOf(call)
    active.add(call)
    timeouts?.watch(call)
    let made: unknown
    let failure: { readonly error: unknown } | undefined
    try {
      made = await this.#handler(values, context)
      if (made === undefined) made = batch.map(() => undefined)
      if (!Array.isArray(made) || made.length !== batch.length) throw wrongLength(made, batch.length)
    } catch (error) {
      failure = { error }
    }
    times.ended(since, weight, batch)
    for (let i = 0; i < batch.length; i++) {
      const { lend, index } = batch[i]!
      const value = failure ? failure.error : (made as unknown[])[i]
      if (!failure && !(value instanceof Error)) outcomes.returned(lend, index, value)
      else outcomes.failed(lend, index, call.signal ? call.signal.causeOf(value) : value)
    }
    active.remove(call)
    wake()
  }

  #contextOf({ records, signal }: Call): BatchContext {
    const surroundings = this.#surroundings
    const source = signal ?? surroundings
    return {
      ...surroundings,
      get signal() {
        return source.signal
      },
      records: records.map(({ lend, index }) => new RecordContext(surroundings, lend, index, source)),
    }
  }
}

const wrongLength = (made: unknown, length: number) =>
  new MillraceError(
    'result_missing',
    `a handler of batches must return an array of ${length} results for ${length} records, not ${
      Array.isArray(made) ? `one of ${made.length}` : typeof made
    }`,
  )
