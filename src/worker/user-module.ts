import { batchingOf } from '../config/batching.js'
import type { ModuleRef } from '../config/config.js'
import { checkModuleShape } from '../config/module-shape.js'
import type { Batching } from '../model/batching.js'
import type { BatchContext, WorkerContext, WorkerSurroundings } from './context.js'

/** Handles one record: returns its result, `ctx.drop`, or a generator of any number of results. */
export type Handler = (value: unknown, context: WorkerContext) => unknown

/** Handles many at once: returns an array of the same length. */
export type BatchHandler = (values: unknown[], context: BatchContext) => unknown

/** A worker module, checked. */
export interface WorkerModule {
  readonly path: string
  readonly handle: { readonly one: Handler } | { readonly many: BatchHandler; readonly batching: Batching }
  setup(context: WorkerSurroundings): unknown
  teardown(context: WorkerSurroundings): unknown
  /** Whether an error is worth another attempt, if the module says so. Whatever it returns: see `RetryRule`. */
  readonly retryable: ((error: unknown) => unknown) | undefined
  readonly with: Readonly<Record<string, unknown>>
}

/** Checks the shape of a worker module. Throws `module_shape`, naming the export and what it should be. */
export function workerFrom(exports: Readonly<Record<string, unknown>>, ref: ModuleRef): WorkerModule {
  checkModuleShape('worker', exports, ref)
  const handler = exports.default
  const batching = batchingOf(exports.batch, ref)
  return {
    path: ref.path,
    handle: batching ? { many: handler as BatchHandler, batching } : { one: handler as Handler },
    setup: (exports.setup ?? (() => {})) as WorkerModule['setup'],
    teardown: (exports.teardown ?? (() => {})) as WorkerModule['teardown'],
    retryable: exports.retryable as WorkerModule['retryable'],
    with: ref.with,
  }
}
