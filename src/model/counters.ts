/** What became of the records of a run. `results` and `retried` stand beside the sum, not in it. */
export interface Counters {
  read: number
  delivered: number
  dropped: number
  deadLettered: number
  returned: number
  /** Attempts that failed and were followed by another. */
  retried: number
  /** Results that the sink confirmed. */
  results: number
}
