import type { Codec } from '../codec/codec.js'
import { encodeWithin, type SizeLimits } from '../codec/encode-within.js'
import type { Failure, Messages } from '../link/messages.js'
import { idAt } from '../model/ids.js'
import { pairsOf, placesIn } from '../model/pairs.js'
import type { Outbox } from './outbox.js'

type ReportBody = Messages['report']

/** A report that is ready to go, but for the credit and activity that are added when it goes. */
export interface Report {
  readonly body: Omit<ReportBody, 'credit' | 'activity'>
  readonly payload: Uint8Array | undefined
}

/**
 * Turns what a worker has finished into reports: one as a rule, several where the results are too
 * large for one batch. A record's results, and that it is done, are always in the same report.
 */
export function reportsOf(outbox: Outbox, codec: Codec, limits: SizeLimits): Report[] {
  const { values, places, failures } = outbox
  if (values.length === 0)
    return [{ body: withoutResults(outbox.done, outbox.dropped, failures), payload: undefined }]

  const results = outbox.results()
  const pieces = [...encodeWithin(results, codec, limits, (index) => places[index] !== places[index - 1])]
  const refused = pieces.flatMap((piece): Failure[] => {
    if ('payload' in piece) return []
    const { code, message, stack } = piece.refused
    const id = idAt(results.ids, piece.from)
    return [{ place: places[piece.from]!, id, name: code, message, final: true, ...(stack && { stack }) }]
  })
  // A record of which one result is refused fails as a whole.
  if (refused.length > 0) return reportsOf(outbox.withFailures(refused), codec, limits)

  const encoded = pieces.filter((piece) => 'payload' in piece)
  if (encoded.length === 1) {
    const body = { ...withoutResults(outbox.done, outbox.dropped, failures), ...originsOf(places) }
    return [{ body, payload: encoded[0]!.payload }]
  }
  const withResults = new Set(places)
  const rest = [...placesIn(outbox.done)].filter((place) => !withResults.has(place))
  return [
    ...encoded.map(({ from, to, payload }): Report => {
      const its = places.slice(from, to)
      return { body: { ...withoutResults(pairsOf(its), 0, []), ...originsOf(its) }, payload }
    }),
    { body: withoutResults(pairsOf(rest), outbox.dropped, failures), payload: undefined },
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
