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
 * none has much in hand while another has nothing: an even share of all there is, to the next half of
 * what it wants in hand, which is what batches are made for: to cut them into pieces costs more than it
 * spreads. But one such half in any case.
 *
 * While more waits than all workers want, this bounds nothing.
 */
export function shareOf({ window, least, inHand }: Sharer, { records, workers }: Stock): number {
  const even = records / Math.max(1, workers)
  const half = Math.ceil(window / 2)
  const whole = Math.max(1, Math.round(even / half)) * half
  return Math.max(0, Math.max(whole, least) - inHand)
}
