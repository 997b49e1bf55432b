import { messageOf } from '../errors.js'
import type { Refusal } from '../model/record.js'
import type { LineFormat } from '../model/region.js'
import type { RefusedRecord, SourceBatch, SourceRecords } from '../model/source.js'
import type { LineRun, LongLine, SplitLines } from './splitter.js'

export const lineFormatOf = (options: Readonly<Record<string, string>>): LineFormat =>
  options.format === 'ndjson' ? 'ndjson' : 'lines'

/** How lines become records. */
export interface LineReading<Position> {
  readonly format: LineFormat
  /** The id of a record is this and the byte at which its line begins. */
  readonly prefix: string
  /** Bytes that a line may have, for the reason given when one has more. */
  readonly maxRecord: number
  wanted(): number
  positionAt(offset: number): Position
}

/** The records of these lines, in batches of about as many as are wanted when each is asked for. */
export function* recordsOf<Position>(
  split: readonly SplitLines[],
  reading: LineReading<Position>,
): Generator<SourceBatch<unknown, Position>> {
  for (const piece of split) {
    if ('size' in piece) {
      yield tooLarge(piece, reading)
      continue
    }
    for (let from = 0; from < piece.lines.length; ) {
      const to = Math.min(piece.lines.length, from + Math.max(1, reading.wanted()))
      const part = cutRun(piece, from, to)
      if (reading.format === 'ndjson') yield* parsed(part, reading)
      else yield recordsAt(part.lines, part, reading)
      from = to
    }
  }
}

function cutRun(run: LineRun, from: number, to: number): LineRun {
  const { lines, starts, end } = run
  if (from === 0 && to === lines.length) return run
  return { lines: lines.slice(from, to), starts: starts.slice(from, to), end: starts[to] ?? end }
}

function* parsed<Position>(
  { lines, starts, end }: LineRun,
  reading: LineReading<Position>,
): Generator<SourceBatch<unknown, Position>> {
  let values: unknown[] = []
  let valueStarts: number[] = []
  for (const [i, line] of lines.entries()) {
    const start = starts[i]!
    try {
      values.push(JSON.parse(line))
      valueStarts.push(start)
    } catch (error) {
      if (line.trim() === '') continue
      if (values.length > 0) yield recordsAt(values, { starts: valueStarts, end: start }, reading)
      values = []
      valueStarts = []
      const refused = { id: `${reading.prefix}${start}`, ...notJson(messageOf(error)) }
      const next = starts[i + 1] ?? end
      yield { refused, positionAfter: () => reading.positionAt(next) }
    }
  }
  if (values.length > 0) yield recordsAt(values, { starts: valueStarts, end }, reading)
}

function recordsAt<Position>(
  values: readonly unknown[],
  { starts, end }: Pick<LineRun, 'starts' | 'end'>,
  { prefix, positionAt }: LineReading<Position>,
): SourceRecords<unknown, Position> {
  return {
    values,
    ids: { prefix, numbers: starts },
    positionAfter: (count) => positionAt(starts[count] ?? end),
  }
}

function tooLarge<Position>(
  { start, size, end }: LongLine,
  { prefix, maxRecord, positionAt }: LineReading<Position>,
): RefusedRecord<Position> {
  const id = `${prefix}${start}`
  const reason = `The line has ${size} bytes and maxRecord allows ${maxRecord}. Raise maxRecord to let it through.`
  return { refused: { id, code: 'record_too_large', reason }, positionAfter: () => positionAt(end) }
}

/** Why a line of NDJSON is no record. */
export const notJson = (what: string): Refusal => ({
  code: 'record_not_json',
  reason: `The line is not JSON (${what}). Put one JSON value on each line, or leave out ?format=ndjson to read plain lines.`,
})
