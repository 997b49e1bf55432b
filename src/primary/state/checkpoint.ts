import type { Counters } from '../../model/counters.js'
import type { SourceKind } from '../../model/source.js'

/** The durable note of where a pipeline can resume. */
export interface Checkpoint {
  /** What was read; the identity is that of `identityOf`. */
  readonly source: { readonly identity: string; readonly kind: SourceKind }
  /** Where results went; the identity is `'none'` when they went nowhere. */
  readonly sink: { readonly identity: string }
  /** JSON: where the source resumes; absent at its very beginning, and for a live source. */
  readonly position?: string
  /** Place of the first record behind the position. */
  readonly place: number
  /** Places settled beyond the position, absolute, ascending, as pairs from, to. */
  readonly settledBeyond: readonly number[]
  /** JSON: what the sink goes back to. */
  readonly sinkState?: string
  /** Records that were read and not settled then; of a live source they cannot be read again. */
  readonly inFlight: number
  /** Over all runs, up to this checkpoint. */
  readonly total: Readonly<Counters>
  /** ISO 8601. */
  readonly at: string
  /** Whether the source had come to its end, and all of it was settled. */
  readonly finished: boolean
}

/** A value that is not what a checkpoint has there; `field` says where, as in `total.read`. */
class ShapeError extends Error {
  override readonly name = 'ShapeError'

  constructor(field: string, expected: string) {
    super(`\`${field}\` is not ${expected}`)
  }
}

/**
 * A checkpoint out of what JSON held. Every field is looked at: a pipeline that resumes from a wrong
 * one skips records in silence.
 *
 * @throws ShapeError
 */
export function checkpointOf(value: unknown): Checkpoint {
  const root = fieldsOf(value, 'checkpoint')
  const source = fieldsOf(root.source, 'source')
  const place = count(root.place, 'place')
  return {
    source: { identity: text(source.identity, 'source.identity'), kind: kind(source.kind) },
    sink: { identity: text(fieldsOf(root.sink, 'sink').identity, 'sink.identity') },
    ...(root.position !== undefined && { position: json(root.position, 'position') }),
    place,
    settledBeyond: pairsFrom(place, root.settledBeyond),
    ...(root.sinkState !== undefined && { sinkState: json(root.sinkState, 'sinkState') }),
    inFlight: count(root.inFlight, 'inFlight'),
    total: counters(fieldsOf(root.total, 'total')),
    at: time(root.at, 'at'),
    finished: flag(root.finished, 'finished'),
  }
}

function fieldsOf(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ShapeError(field, 'an object')
  }
  return value as Readonly<Record<string, unknown>>
}

function text(value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '') throw new ShapeError(field, 'a text')
  return value
}

function flag(value: unknown, field: string): boolean {
  if (typeof value !== 'boolean') throw new ShapeError(field, 'true or false')
  return value
}

function count(value: unknown, field: string): number {
  if (!isCount(value)) throw new ShapeError(field, 'a whole number from 0 to 2^53-1')
  return value
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function json(value: unknown, field: string): string {
  try {
    JSON.parse(text(value, field))
  } catch {
    throw new ShapeError(field, 'a text of JSON')
  }
  return value as string
}

function time(value: unknown, field: string): string {
  const at = text(value, field)
  if (!/^\d{4}-\d{2}-\d{2}T/.test(at) || Number.isNaN(Date.parse(at))) {
    throw new ShapeError(field, 'a time in ISO 8601')
  }
  return at
}

const kinds: readonly unknown[] = ['positioned', 'counted', 'live'] satisfies SourceKind[]

function kind(value: unknown): SourceKind {
  if (!kinds.includes(value)) throw new ShapeError('source.kind', kinds.join(' or '))
  return value as SourceKind
}

function counters(total: Readonly<Record<string, unknown>>): Counters {
  const of = (name: keyof Counters) => count(total[name], `total.${name}`)
  return {
    read: of('read'),
    delivered: of('delivered'),
    dropped: of('dropped'),
    deadLettered: of('deadLettered'),
    returned: of('returned'),
    retried: of('retried'),
    results: of('results'),
  }
}

function pairsFrom(place: number, value: unknown): readonly number[] {
  const wrong = () => new ShapeError('settledBeyond', 'a list of ascending pairs of places beyond `place`')
  if (!Array.isArray(value) || value.length % 2 !== 0 || !value.every(isCount)) throw wrong()
  let least = place
  for (let i = 0; i < value.length; i += 2) {
    const [from, to] = [value[i]!, value[i + 1]!]
    if (from < least || to <= from) throw wrong()
    least = to
  }
  return value
}
