import { encodeBatch } from '../codec/batch.js'
import type { Codec } from '../codec/codec.js'
import type { Messages } from '../link/messages.js'
import { placesIn } from '../model/pairs.js'
import type { Rejected } from '../model/sink.js'
import type { ResultDelivery } from './inbox.js'

/** Results that were handed to the sink, and which of them it rejected. */
export interface Delivered extends ResultDelivery {
  readonly rejected: readonly Rejected[]
}

/** What the primary needs to write dead letters: the rejected results themselves. */
export function refusalsOf(
  { results, places, rejected }: Delivered,
  codec: Codec,
): NonNullable<Messages['confirm']['rejected']> {
  const placeOf = [...placesIn(places)]
  return rejected.flatMap(({ index, reason }) => {
    const result = results[index]
    if (!result) return []
    const { id, value, key, headers } = result
    const alone = { values: [value], ids: { list: [id] }, keys: [key], headers: [headers] }
    return [{ place: placeOf[index]!, reason, id, value: encodeBatch(alone, codec) }]
  })
}
