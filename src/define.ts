import type { ConfigInput } from './config/schema.js'
import type { MarkedRecord } from './model/record.js'
import type { BatchSenderContext, SenderContext } from './sender/context.js'
import type { BatchContext, drop, WorkerContext } from './worker/context.js'
import type { WriterContext } from './writer/user-module.js'

/*
 * The define functions return what they are given: they exist so that types flow into a module
 * that is written inline, `export default defineWorker<Order>((order, ctx) => …)`.
 */

type Awaitable<T> = T | Promise<T>

/** What a handler may give back: a result, nothing, or a generator of results. */
export type HandlerReturn<Out> =
  | Awaitable<Out | typeof drop | undefined>
  | Generator<Out, void>
  | AsyncGenerator<Out, void>

/** A handler of single records. */
export type Handler<In, Out> = (value: In, context: WorkerContext) => HandlerReturn<Out>

/**
 * A handler of batches: returns as many items as it was given; an `Error` fails its record alone,
 * and a `Reject` for good.
 */
export type BatchHandler<In, Out> = (
  values: In[],
  context: BatchContext,
) => Awaitable<readonly (Out | Error | typeof drop | undefined)[]>

/**
 * What a worker module may export as `retryable`: whether a record that failed with this error
 * should be tried again. Default: always. A `Reject` never is, and is not asked about.
 *
 * @example
 * export const retryable: Retryable = (error) => !(error instanceof SyntaxError)
 */
export type Retryable = (error: unknown) => boolean

/** A configuration file's default export, with types. Every key is described in the README. */
export const defineConfig = (config: ConfigInput): ConfigInput => config

/** A worker module's default export, with types. */
export const defineWorker = <In = unknown, Out = unknown>(handler: Handler<In, Out>): Handler<In, Out> =>
  handler

/** The default export of a worker module that also exports `batch`, with types. */
export const defineBatchWorker = <In = unknown, Out = unknown>(
  handler: BatchHandler<In, Out>,
): BatchHandler<In, Out> => handler

/** A writer module's default export, with types: a generator of values or of `record(value, options)`. */
export const defineWriter = <Out = unknown, Position = unknown>(
  generate: (context: WriterContext<Position>) => Yields<Out, Position>,
): typeof generate => generate

/** What a writer yields: values, or records that carry a key, headers or a position. */
export type Yields<Out, Position> =
  | AsyncIterable<Out | MarkedRecord<Out, Position>>
  | Iterable<Out | MarkedRecord<Out, Position>>

/** A sender module's default export, with types: returning means delivered. */
export const defineSender = <In = unknown>(
  send: (value: In, context: SenderContext) => Awaitable<void>,
): typeof send => send

/** The default export of a sender module that also exports `batch`, with types. */
export const defineBatchSender = <In = unknown>(
  send: (values: In[], context: BatchSenderContext) => Awaitable<unknown>,
): typeof send => send
