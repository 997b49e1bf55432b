import { SHORTEST_BATCH } from './demand.js'

/** A worker, as far as it matters for what it gets. */
export interface Sharer {
  /** Records that it would like to have in hand. */
  readonly window: number
  /** Records that it can begin at once: its handler may want whole batches. */
  readonly least: number
  readonly inHand: number
}

/** What there is to share: all that waits or is in hand, and the workers that may be lent something. */
export interface Stock {
  readonly records: number
  readonly workers: number
}

/**
 * How many records a worker may be lent, so that towards the end of a stream, or while little waits,
 * none has much in hand while another has nothing: an even share of all there is. But half of what it
 * wants in hand in any case: to cut a batch into many pieces costs more than it spreads. And for the same
 * reason halves, of which batches are made where they are not too short, are not cut where that gives it
 * a quarter more.
 *
 * While more waits than all workers want, this bounds nothing.
 */
export function shareOf({ window, least, inHand }: Sharer, { records, workers }: Stock): number {
  const even = records / Math.max(1, workers)
  const half = Math.ceil(window / 2)
  const whole = half < SHORTEST_BATCH ? half : Math.max(1, Math.round(even / half)) * half
  return Math.max(0, Math.max(Math.ceil(even), whole, least) - inHand)
}
