/*
 * The public API, by hand. Where things live:
 *
 *   model/       the words: record, batch, place, source, sink
 *   flow/        the heart, pure: bounded queue, credit, ledger, window, retry, account
 *   codec/       values ⇄ the bytes of a batch        config/     schema, files, flags, connector strings
 *   link/        what primary and child say           queue/      the seam between transports: memory, NATS
 *   writer/ worker/ sender/   one role each           connectors/ sources and sinks
 *   child/       the forked main                      primary/    a pipeline's life, processes, router
 *   telemetry/   events, log, metrics, health          http/ control/ cli/   the outside
 *   dead-letters/  the file of records given up on, and what can be done with them
 */

export type { ConfigInput } from './config/schema.js'
export {
  type BatchHandler,
  defineBatchSender,
  defineBatchWorker,
  defineConfig,
  defineSender,
  defineWorker,
  defineWriter,
  type Handler,
  type Retryable,
} from './define.js'
export { type ErrorCode, exitCode, MillraceError } from './errors.js'
export type { Ids } from './model/ids.js'
export { type Headers, type MarkedRecord, type RecordOptions, record } from './model/record.js'
export { Reject } from './model/reject.js'
export type { Rejected, Result, Sink, SinkContext } from './model/sink.js'
export { SinkClosed } from './model/sink.js'
export type {
  RefusedRecord,
  Resume,
  Source,
  SourceBatch,
  SourceContext,
  SourceKind,
  SourceProgress,
  SourceRecords,
} from './model/source.js'
export type {
  Exposition,
  ExpositionFormat,
  Health,
  PipelineState,
  ProcessState,
  StatusReport,
  Summary,
} from './model/status.js'
export { runPipeline } from './run-pipeline.js'
export type { BatchSenderContext, SenderContext } from './sender/context.js'
export type { PipelineEvent } from './telemetry/events.js'
export { type BatchContext, drop, type RecordInfo, type WorkerContext } from './worker/context.js'
export type { WriterContext } from './writer/user-module.js'
