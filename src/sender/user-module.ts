import { batchingOf } from '../config/batching.js'
import type { ModuleRef } from '../config/config.js'
import { checkModuleShape, isSink } from '../config/module-shape.js'
import type { Batching } from '../model/batching.js'
import { isReject } from '../model/reject.js'
import type { Rejected, Result, Sink, SinkContext } from '../model/sink.js'
import {
  type BatchSenderContext,
  ResultContext,
  type SenderContext,
  type SenderSurroundings,
} from './context.js'

type SendOne = (value: unknown, context: SenderContext) => unknown
type SendMany = (values: unknown[], context: BatchSenderContext) => unknown

/**
 * The sink that a sender module makes: its default export is a function called for each result, or
 * for arrays of them with `batch`; or it is a {@link Sink}. Throws `module_shape` otherwise.
 */
export function sinkFrom(
  exports: Readonly<Record<string, unknown>>,
  ref: ModuleRef,
): { sink: Sink; batch: Batching | undefined } {
  checkModuleShape('sender', exports, ref)
  const made = exports.default
  if (isSink(made)) return { sink: made, batch: undefined }
  const batch = batchingOf(exports.batch, ref)
  const hooks = {
    setup: (exports.setup ?? (() => {})) as Hook,
    teardown: (exports.teardown ?? (() => {})) as Hook,
  }
  const deliver = batch ? manyWith(made as SendMany) : oneWith(made as SendOne)
  return { sink: new ModuleSink(deliver, hooks, ref), batch: batch ?? { size: 1, within: 0 } }
}

type Deliver = (results: readonly Result[], surroundings: SenderSurroundings) => Promise<Rejected[]>
type Hook = (surroundings: SenderSurroundings) => unknown

class ModuleSink implements Sink {
  readonly #deliver: Deliver
  readonly #hooks: { readonly setup: Hook; readonly teardown: Hook }
  readonly #with: ModuleRef['with']
  #surroundings: SenderSurroundings | undefined

  constructor(deliver: Deliver, hooks: { setup: Hook; teardown: Hook }, ref: ModuleRef) {
    this.#deliver = deliver
    this.#hooks = hooks
    this.#with = ref.with
  }

  async open(_state: unknown, { signal, log }: SinkContext): Promise<void> {
    this.#surroundings = { signal, log, with: this.#with }
    await this.#hooks.setup(this.#surroundings)
  }

  deliver(results: readonly Result[]): Promise<Rejected[]> {
    return this.#deliver(results, this.#surroundings!)
  }

  async close(): Promise<void> {
    if (this.#surroundings) await this.#hooks.teardown(this.#surroundings)
  }
}

/** One call a result. The loop hands over one at a time, so that a failure never repeats another's delivery. */
const oneWith =
  (send: SendOne): Deliver =>
  async (results, surroundings) => {
    const rejected: Rejected[] = []
    for (let index = 0; index < results.length; index++) {
      const result = results[index]!
      try {
        await send(result.value, new ResultContext(surroundings, result))
      } catch (error) {
        if (!isReject(error)) throw error
        rejected.push({ index, reason: error.message })
      }
    }
    return rejected
  }

/** One call for all. It may return the rejected ones: `{ index, reason }`, or `Reject`s at their indexes. */
const manyWith =
  (send: SendMany): Deliver =>
  async (results, surroundings) => {
    const values = results.map(({ value }) => value)
    const about = results.map(({ id, key, headers }) => ({ id, key, headers }))
    try {
      return rejectedIn(await send(values, { ...surroundings, results: about }))
    } catch (error) {
      if (!isReject(error)) throw error
      return results.map((_, index) => ({ index, reason: error.message }))
    }
  }

function rejectedIn(returned: unknown): Rejected[] {
  if (!Array.isArray(returned)) return []
  return returned.flatMap((item: unknown, at): Rejected[] => {
    if (isReject(item)) return [{ index: at, reason: item.message }]
    return isRejected(item) ? [item] : []
  })
}

const isRejected = (item: unknown): item is Rejected =>
  typeof item === 'object' && item !== null && 'index' in item && 'reason' in item
