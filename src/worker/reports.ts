import type { Encoding } from '../codec/batch.js'
import { type Encoded, encodeWithin, type Packing } from '../codec/encode-within.js'
import type { Failure, Messages } from '../link/messages.js'
import { idAt } from '../model/ids.js'
import type { NumberColumn } from '../model/number-column.js'
import { clipPairs, lengthOfPairs } from '../model/pairs.js'
import { type Payload, Stored } from '../model/payload.js'
import type { Outbox } from './outbox.js'
import { runsOf } from './runs.js'

type ReportBody = Messages['report']

/** A report that is ready to go, but for the credit and activity that are added when it goes. */
export interface Report {
  readonly body: Omit<ReportBody, 'credit' | 'activity'>
  readonly payload: Payload | undefined
}

/** How reports are to be made. */
export interface ReportRules {
  readonly packing: Packing
  /** Each report's places must be one unbroken run, and its results in their order. */
  readonly inOrder: boolean
}

/**
 * Turns what a worker has finished into reports: one as a rule, several where the results are too
 * large for one batch, or where they must be in order and what finished has gaps. A record's
 * results, and that it is done, are always in the same report.
 */
export function reportsOf(outbox: Outbox, encoding: Encoding, rules: ReportRules): Report[] {
  const ordered = outbox.inOrder()
  const { done, dropped, values, places, failures } = ordered
  if (done.length > 2 && (rules.inOrder || areFarApart(done)))
    return runsOf(ordered).flatMap((run) => reportsOf(run, encoding, rules))
  if (values.length === 0) return [{ body: withoutResults(done, dropped, failures), payload: undefined }]

  const results = ordered.results()
  const mayCut = (index: number) => places.at(index) !== places.at(index - 1)
  const pieces = [...encodeWithin(results, encoding, rules.packing, mayCut)]
  const refused = pieces.flatMap((piece): Failure[] => {
    if ('payload' in piece) return []
    const { code, message, stack } = piece.refused
    const id = idAt(results.ids, piece.from)
    return [{ place: places.at(piece.from)!, id, name: code, message, final: true, ...(stack && { stack }) }]
  })
  // A record of which one result is refused fails as a whole.
  if (refused.length > 0) {
    for (const piece of pieces)
      if ('payload' in piece && piece.payload instanceof Stored) piece.payload.release()
    return reportsOf(ordered.withFailures(refused), encoding, rules)
  }

  return pieces.flatMap((piece, index): Report[] => {
    if (!('payload' in piece)) return []
    if (pieces.length === 1) {
      return [
        {
          body: { ...withoutResults(done, dropped, failures), ...originsOf(places, 0, places.length) },
          payload: piece.payload,
        },
      ]
    }
    return [partOf(ordered, piece, index === 0)]
  })
}

/** How far behind the first place the origins of a batch of results can name one. */
const FARTHEST = 2 ** 32 - 1

/** Whether one batch cannot name all of these: a record that was stuck for long comes with new ones, or a replayed one. */
const areFarApart = (done: readonly number[]): boolean => done.at(-1)! - done[0]! > FARTHEST

type Piece = Extract<Encoded, { readonly payload: Payload }>

/** The report of a piece of the results. Records without one go with those before them, the first ones with the first piece. */
function partOf({ done, places, failures }: Outbox, { from, to, payload }: Piece, first: boolean): Report {
  const start = first ? Number.NEGATIVE_INFINITY : places.at(from)!
  const part = clipPairs(done, start, places.at(to) ?? Number.POSITIVE_INFINITY)
  const dropped = lengthOfPairs(part) - new Set(places.slice(from, to)).size
  const body = withoutResults(part, dropped, first ? failures : [])
  return { body: { ...body, ...originsOf(places, from, to) }, payload }
}

const withoutResults = (
  done: readonly number[],
  dropped: number,
  failures: readonly Failure[],
): Report['body'] => ({
  done,
  dropped,
  results: 0,
  from: 0,
  ...(failures.length > 0 && { failures }),
})

/** How a batch of the results `[from, to)` names its records: one after another, or by their distance from the first. */
function originsOf(
  places: NumberColumn,
  from: number,
  to: number,
): Pick<ReportBody, 'results' | 'from' | 'deltas'> {
  const results = to - from
  const first = places.at(from)!
  if (places.runFrom !== undefined) return { results, from: first }
  const deltas = new Uint32Array(results)
  for (let i = 0; i < results; i++) deltas[i] = places.at(from + i)! - first
  return { results, from: first, deltas: Buffer.from(deltas.buffer) }
}
