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

export const noCounters: Readonly<Counters> = {
  read: 0,
  delivered: 0,
  dropped: 0,
  deadLettered: 0,
  returned: 0,
  retried: 0,
  results: 0,
}

/** The account of several runs. */
export const sumOf = (a: Readonly<Counters>, b: Readonly<Counters>): Counters => ({
  read: a.read + b.read,
  delivered: a.delivered + b.delivered,
  dropped: a.dropped + b.dropped,
  deadLettered: a.deadLettered + b.deadLettered,
  returned: a.returned + b.returned,
  retried: a.retried + b.retried,
  results: a.results + b.results,
})

/** The account of what is settled, as if no more had been read. */
export const settledOf = (counters: Readonly<Counters>): Counters => ({
  ...counters,
  read: counters.delivered + counters.dropped + counters.deadLettered,
  returned: 0,
})
