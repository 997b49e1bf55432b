import type { Port } from './port.js'

/** Records that the writer puts into a batch if it has so many at hand, however slow they are. */
export const SHORTEST_BATCH = 32

/** From so many reports on it is known how fast records are, and so how long batches should be. */
const FEW_REPORTS = 16

/** Until then no more batches are read than this, unless workers can begin more at once: they are of the wrong length. */
const FEW_BATCHES = 8

/** What the workers want of the writer. */
export interface Demand {
  /**
   * How many records a batch should have: half of what a worker wants in hand, so that it gets parts
   * often and none waits while another has a long one. When records are slow that is one; but records
   * come in batches too, since lending a part of one is cheaper than a batch for each.
   */
  readonly batch: number
  /** Records that the in-queue may hold: while it is a guess how long batches should be, not many. */
  readonly most: number
  /** Some worker has little to do, or nothing, and nothing waits. */
  readonly starving: boolean
}

export interface DemandParts {
  readonly ports: Iterable<Port>
  inHand(key: string): number
  /** Records that wait in the in-queue. */
  readonly waiting: number
  /** How often workers have reported, all together. */
  readonly reports: number
}

export function demandOf({ ports, inHand, waiting, reports }: DemandParts): Demand {
  let [workers, windows, atOnce, starving] = [0, 0, 0, false]
  for (const { worker, window, least, credit, draining } of ports) {
    workers++
    windows += window
    atOnce += Math.max(window, least)
    const isLow = waiting === 0 && inHand(worker.key) < Math.max(least, window / 2)
    starving ||= isLow && !draining && credit.available.records >= 1
  }
  const batch = Math.max(SHORTEST_BATCH, Math.floor(windows / Math.max(1, workers) / 2))
  const isGuess = reports < FEW_REPORTS
  const most = isGuess ? Math.max(FEW_BATCHES * batch, 2 * atOnce) : Number.POSITIVE_INFINITY
  return { batch, most, starving }
}
