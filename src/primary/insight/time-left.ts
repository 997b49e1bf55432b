/** How far a run has come. */
export interface Way {
  /** Share of the source that was read, 0 to 1; null where it has no end, or does not know. */
  readonly fraction: number | null
  /** The same, and records read, when this run began. */
  readonly from: { readonly fraction: number; readonly read: number }
  readonly read: number
  /** Read and not settled. */
  readonly inFlight: number
  /** Nothing more will be read. */
  readonly sourceEnded: boolean
  /** Records settled a second, of late. */
  readonly perSecond: number
}

/**
 * Seconds until everything is settled, if the rest of the source has as many records as what this run
 * has read of it, and they are settled as fast as of late; null when nothing can be said.
 */
export function secondsToEnd({ fraction, from, read, inFlight, sourceEnded, perSecond }: Way): number | null {
  const unread = sourceEnded ? 0 : unreadRecords(fraction, from, read)
  if (unread === null) return null
  const left = unread + inFlight
  if (left === 0) return 0
  const seconds = Math.round(left / perSecond)
  return Number.isFinite(seconds) ? seconds : null
}

function unreadRecords(fraction: number | null, from: Way['from'], read: number): number | null {
  if (fraction === null) return null
  if (fraction >= 1) return 0
  const share = fraction - from.fraction
  if (share <= 0 || read <= from.read) return null
  return ((read - from.read) / share) * (1 - fraction)
}
