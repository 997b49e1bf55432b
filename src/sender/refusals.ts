import { encodeBatch } from '../codec/batch.js'
import type { Codec } from '../codec/codec.js'
import type { Messages } from '../link/messages.js'
import type { Rejected, Result } from '../model/sink.js'

/** Results that were handed to the sink, each with its place in the out-queue, and which of them it rejected. */
export interface Delivered {
  readonly results: readonly Result[]
  readonly places: readonly number[]
  readonly rejected: readonly Rejected[]
}

/** What the primary needs to write dead letters: the rejected results themselves. */
export function refusalsOf(
  { results, places, rejected }: Delivered,
  codec: Codec,
): NonNullable<Messages['confirm']['rejected']> {
  return rejected.flatMap(({ index, reason }) => {
    const result = results[index]
    if (!result) return []
    const { id, value, key, headers } = result
    const alone = { values: [value], ids: { list: [id] }, keys: [key], headers: [headers] }
    return [{ place: places[index]!, reason, id, value: encodeBatch(alone, codec) }]
  })
}
