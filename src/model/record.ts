import { type Ids, sliceIds } from './ids.js'

/** Headers of a record: text by name, as Kafka and NATS carry them. */
export type Headers = Readonly<Record<string, string>>

/** Records side by side, as columns. What nobody set is absent, and costs nothing. */
export interface Records<Value = unknown> {
  readonly values: readonly Value[]
  readonly ids: Ids
  readonly keys?: readonly (string | undefined)[]
  readonly headers?: readonly (Headers | undefined)[]
  /** Of records that were read only now: those that turned out to be none, by their indexes. */
  readonly refusals?: ReadonlyMap<number, Refusal>
}

/** Why a record cannot be handed on. */
export interface Refusal {
  /** Stable, such as `record_not_json`. */
  readonly code: string
  /** What is wrong with it, and what would help. */
  readonly reason: string
}

/** The part `[from, to)` of a batch of records. */
export function sliceRecords<Value>(records: Records<Value>, from: number, to: number): Records<Value> {
  const { values, ids, keys, headers } = records
  if (from === 0 && to === values.length) return records
  return {
    values: values.slice(from, to),
    ids: sliceIds(ids, from, to),
    ...(keys && { keys: keys.slice(from, to) }),
    ...(headers && { headers: headers.slice(from, to) }),
  }
}

const recordMark = Symbol.for('millrace.record')

/** What {@link record} returns: a value with what belongs to it. */
export interface MarkedRecord<Value = unknown, Position = unknown> extends RecordOptions<Position> {
  readonly [recordMark]: true
  readonly value: Value
}

export interface RecordOptions<Position = unknown> {
  /** Records of one key are kept in order when the pipeline is ordered by key. */
  readonly key?: string
  readonly headers?: Headers
  /** Where a new writer resumes after this record; any value that JSON can hold. Makes the source positioned. */
  readonly position?: Position
  /** Stable over restarts. Default: the number of the record in the stream. */
  readonly id?: string
}

/**
 * Wraps a value that a writer yields, to give it a key, headers or a position.
 *
 * @example
 * yield record(row, { key: row.customer, position: row.id })
 */
export function record<Value, Position>(
  value: Value,
  options: RecordOptions<Position> = {},
): MarkedRecord<Value, Position> {
  return { ...options, value, [recordMark]: true }
}

export const isMarkedRecord = (value: unknown): value is MarkedRecord =>
  typeof value === 'object' && value !== null && recordMark in value
