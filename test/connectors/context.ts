import { decodeBatch, encodeRegion } from '../../src/codec/batch.js'
import { codecNamed } from '../../src/codec/codec.js'
import { idAt } from '../../src/model/ids.js'
import type { Logger } from '../../src/model/logger.js'
import type { Result, SinkContext } from '../../src/model/sink.js'
import type { SourceBatch, SourceContext } from '../../src/model/source.js'

export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

export const sourceContext = (given: Partial<SourceContext> = {}): SourceContext => ({
  wanted: () => 1000,
  maxRecord: 32 * 1024 * 1024,
  regions: false,
  signal: new AbortController().signal,
  log: silent,
  ...given,
})

export const sinkContext: SinkContext = {
  signal: new AbortController().signal,
  log: silent,
  redelivers: true,
}

export const results = (...values: readonly unknown[]): Result[] =>
  values.map((value, i) => ({ id: `record/${i}`, key: undefined, headers: undefined, value }))

/** One record as a test wants to see it: what it is, its id, and where reading goes on behind it. */
export interface Seen {
  readonly value?: unknown
  readonly refused?: string
  readonly id: string
  readonly next: unknown
}

export function seenIn(batch: SourceBatch): Seen[] {
  if ('region' in batch) {
    const { count } = batch
    const records = decodeBatch(encodeRegion(batch.region(0, count)), count, codecNamed('msgpack'))
    return seenIn({ ...records, positionAfter: (n) => batch.positionAfter(n) })
  }
  if ('refused' in batch) {
    return [{ refused: batch.refused.code, id: batch.refused.id, next: batch.positionAfter(1) }]
  }
  return batch.values.map((value, i) => {
    const about = { id: idAt(batch.ids, i), next: batch.positionAfter(i + 1) }
    const refused = batch.refusals?.get(i)
    return refused ? { refused: refused.code, ...about } : { value, ...about }
  })
}

export async function seenBy(batches: AsyncIterable<SourceBatch>): Promise<Seen[]> {
  const seen: Seen[] = []
  for await (const batch of batches) seen.push(...seenIn(batch))
  return seen
}
