import type { Logger } from './logger.js'
import type { Records, Refusal } from './record.js'
import type { Region } from './region.js'
import type { Span } from './span.js'

/**
 * What a source can promise about reading again:
 *
 * - `positioned`: every record has a position that a new writer resumes from;
 * - `counted`: it yields the same records every time, so a new writer skips as many as were accepted;
 * - `live`: what was read once cannot be read again.
 */
export type SourceKind = 'positioned' | 'counted' | 'live'

/** Consecutive records as a source hands them over. */
export interface SourceRecords<Value = unknown, Position = unknown> extends Records<Value> {
  /** Where to resume after the first `count` of these records (1 to all of them). JSON must be able to hold it. */
  positionAfter(count: number): Position
}

/** One record that cannot be handed on (too large, not decodable): it goes to the dead letters, without its value. */
export interface RefusedRecord<Position = unknown> {
  readonly refused: Refusal & { readonly id: string }
  positionAfter(count: number): Position
}

/** Consecutive records that the workers read themselves; see {@link SourceContext.regions}. */
export interface SourceRegion<Position = unknown> {
  /** Where the records `[from, to)` of these stand. */
  region(from: number, to: number): Region
  readonly count: number
  positionAfter(count: number): Position
}

export type SourceBatch<Value = unknown, Position = unknown> =
  | SourceRecords<Value, Position>
  | SourceRegion<Position>
  | RefusedRecord<Position>

/** Where a new writer takes up the thread. */
export interface Resume<Position = unknown> {
  /** The position after the last record that the primary accepted. */
  readonly position: Position
  /** How many records were accepted in all. */
  readonly accepted: number
  /**
   * Records behind `position` that are settled already, as runs counted from it: 0 is the next one.
   *
   * They are handed over like all others, and left out by the writer: each takes its place in the
   * count. Their values are never looked at, so a source may spare itself the trouble of getting them.
   */
  readonly settledBeyond?: readonly Span[]
}

export interface SourceContext {
  /**
   * How many records are wanted now (at least 1). A source makes its batches about this long:
   * what it reads beyond it waits in its own memory.
   */
  wanted(): number
  /** Largest record in bytes; a larger one is handed over as {@link RefusedRecord}. */
  readonly maxRecord: number
  /** Whether every worker can read the files that this process reads, so that {@link SourceRegion} may be handed over. */
  readonly regions: boolean
  /** Aborts when the pipeline stops reading; the source ends its iteration soon after. */
  readonly signal: AbortSignal
  readonly log: Logger
}

/** How far a source is, as far as it can tell. */
export interface SourceProgress {
  /** Share of the input that was read, 0 to 1. */
  readonly fraction?: number
  /** Records that wait at the source. */
  readonly lag?: number
}

/** What the writer reads from. Anybody can write one; `docs/connectors.md` walks through an example. */
export interface Source<Value = unknown, Position = unknown> {
  readonly kind: SourceKind
  /**
   * Starts reading after `from` (from the beginning without it). Rejects, or throws on the first
   * step, with an error that names what is missing and the fix; that fails the start of the pipeline.
   */
  open(
    from: Resume<Position> | undefined,
    context: SourceContext,
  ): AsyncIterable<SourceBatch<Value, Position>> | Promise<AsyncIterable<SourceBatch<Value, Position>>>
  /**
   * Tells the origin (a broker) that everything up to `position` is settled, and what is beyond it:
   * runs of records counted from `position`. Follows the checkpoint.
   *
   * Called while reading goes on, one call at a time, each with a later position than the one
   * before; some positions are passed over. Rejecting means that it is tried again.
   */
  commit?(position: Position, settledBeyond: readonly Span[]): Promise<void>
  progress?(): SourceProgress
  close?(): Promise<void>
}
