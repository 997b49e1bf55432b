import type { Codec } from '../codec/codec.js'
import { type Encoded, encodeWithin, type SizeLimits } from '../codec/encode-within.js'
import type { Failure, Messages } from '../link/messages.js'
import { idAt } from '../model/ids.js'
import { pairsOf, placesIn } from '../model/pairs.js'
import type { Outbox } from './outbox.js'
import { runsOf } from './runs.js'

type ReportBody = Messages['report']

/** A report that is ready to go, but for the credit and activity that are added when it goes. */
export interface Report {
  readonly body: Omit<ReportBody, 'credit' | 'activity'>
  readonly payload: Uint8Array | undefined
}

/** How reports are to be made. */
export interface ReportRules {
  readonly limits: SizeLimits
  /** Each report's places must be one unbroken run, and its results in their order. */
  readonly inOrder: boolean
}

/**
 * Turns what a worker has finished into reports: one as a rule, several where the results are too
 * large for one batch, or where they must be in order and what finished has gaps. A record's
 * results, and that it is done, are always in the same report.
 */
export function reportsOf(outbox: Outbox, codec: Codec, rules: ReportRules): Report[] {
  const { done, dropped, values, places, failures } = outbox
  if (done.length > 2 && (rules.inOrder || areFarApart(done)))
    return runsOf(outbox).flatMap((run) => reportsOf(run, codec, rules))
  if (values.length === 0) return [{ body: withoutResults(done, dropped, failures), payload: undefined }]

  const results = outbox.results()
  const mayCut = (index: number) => places[index] !== places[index - 1]
  const pieces = [...encodeWithin(results, codec, rules.limits, mayCut)]
  const refused = pieces.flatMap((piece): Failure[] => {
    if ('payload' in piece) return []
    const { code, message, stack } = piece.refused
    const id = idAt(results.ids, piece.from)
    return [{ place: places[piece.from]!, id, name: code, message, final: true, ...(stack && { stack }) }]
  })
  // A record of which one result is refused fails as a whole.
  if (refused.length > 0) return reportsOf(outbox.withFailures(refused), codec, rules)

  const encoded = pieces.filter((piece) => 'payload' in piece)
  if (encoded.length === 1) {
    const body = { ...withoutResults(done, dropped, failures), ...originsOf(places) }
    return [{ body, payload: encoded[0]!.payload }]
  }
  return done.length === 2 ? cutRun(outbox, encoded) : cutApart(outbox, encoded)
}

/** How far above the lowest place the origins of a batch of results can name one. */
const FARTHEST = 2 ** 32 - 1

/** Whether one batch cannot name all of these: a record that was stuck for long comes with new ones, or a replayed one. */
function areFarApart(done: readonly number[]): boolean {
  let lowest = done[0]!
  let highest = done[1]!
  for (let i = 2; i < done.length; i += 2) {
    lowest = Math.min(lowest, done[i]!)
    highest = Math.max(highest, done[i + 1]!)
  }
  return highest - lowest > FARTHEST
}

type Piece = Extract<Encoded, { readonly payload: Uint8Array }>

/** Reports of one run of places: each piece of the results takes along the records behind it that have none. */
function cutRun({ done, places, failures }: Outbox, pieces: readonly Piece[]): Report[] {
  return pieces.map(({ from, to, payload }, index) => {
    const its = places.slice(from, to)
    const start = index === 0 ? done[0]! : places[from]!
    const end = places[to] ?? done[1]!
    const dropped = end - start - new Set(its).size
    const body = withoutResults([start, end], dropped, index === 0 ? failures : [])
    return { body: { ...body, ...originsOf(its) }, payload }
  })
}

/** Reports of places in any order: one for each piece of the results, and one for the records that have none. */
function cutApart({ done, dropped, places, failures }: Outbox, pieces: readonly Piece[]): Report[] {
  const withResults = new Set(places)
  const rest = [...placesIn(done)].filter((place) => !withResults.has(place))
  return [
    ...pieces.map(({ from, to, payload }): Report => {
      const its = places.slice(from, to)
      return { body: { ...withoutResults(pairsOf(its), 0, []), ...originsOf(its) }, payload }
    }),
    { body: withoutResults(pairsOf(rest), dropped, failures), payload: undefined },
  ]
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

/** How a batch of results names its records: one after another, or by their distance from the lowest. */
function originsOf(places: readonly number[]): Pick<ReportBody, 'results' | 'from' | 'deltas'> {
  const results = places.length
  const first = places[0]!
  if (places.every((place, index) => place === first + index)) return { results, from: first }
  let from = first
  for (const place of places) if (place < from) from = place
  const deltas = Uint32Array.from(places, (place) => place - from)
  return { results, from, deltas: Buffer.from(deltas.buffer) }
}
