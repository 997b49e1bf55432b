import { batchingOf } from '../config/batching.js'
import type { ModuleRef } from '../config/config.js'
import { MillraceError } from '../errors.js'
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
  readonly with: Readonly<Record<string, unknown>>
}

/** Checks the shape of a worker module. Throws `module_shape`, naming the export and what it should be. */
export function workerFrom(exports: Readonly<Record<string, unknown>>, ref: ModuleRef): WorkerModule {
  const handler = exports.default
  if (typeof handler !== 'function') {
    throw new MillraceError(
      'module_shape',
      `${ref.path} has no handler: its default export must be a function, \`export default async (value, ctx) => …\``,
    )
  }
  const batching = batchingOf(exports.batch, ref)
  return {
    path: ref.path,
    handle: batching ? { many: handler as BatchHandler, batching } : { one: handler as Handler },
    setup: hook(exports, 'setup', ref),
    teardown: hook(exports, 'teardown', ref),
    with: ref.with,
  }
}

function hook(exports: Readonly<Record<string, unknown>>, name: 'setup' | 'teardown', ref: ModuleRef) {
  const exported = exports[name]
  if (exported === undefined) return () => {}
  if (typeof exported === 'function') return exported as WorkerModule['setup']
  throw new MillraceError('module_shape', `\`${name}\` of ${ref.path} must be a function`)
}
