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
  /** Somebody has little to do, or nothing, and nothing waits. */
  readonly starving: boolean
}
