import { Histogram, type Increments, RECORDS, SECONDS } from '../../model/histogram.js'

/** Where records are moved as a batch or a part of one. */
export type Hop = 'read' | 'lent' | 'reported' | 'delivering'

/**
 * How long records wait, are worked on and are under way, and how many are moved at once. Observed
 * once a piece with the weight of its records, so it costs nothing by the record.
 */
export class FlowMeter {
  /** Seconds from reading to lending; a record that comes back untouched counts again, a retry does not. */
  readonly queueWait = new Histogram(SECONDS)
  /** Seconds from reading to delivery. */
  readonly endToEnd = new Histogram(SECONDS)
  /** Seconds in the handler, as the workers measure them. */
  readonly handler = new Histogram(SECONDS)
  readonly batches: Readonly<Record<Hop, Histogram>> = {
    read: new Histogram(RECORDS),
    lent: new Histogram(RECORDS),
    reported: new Histogram(RECORDS),
    delivering: new Histogram(RECORDS),
  }
  readonly #now: () => number

  /** @param now milliseconds, on the clock of `readAt` */
  constructor(now: () => number) {
    this.#now = now
  }

  moved(hop: Hop, records: number): void {
    this.batches[hop].observe(records)
  }

  /** So many records that were read then are lent for their first attempt. */
  lent(readAt: number | undefined, records: number): void {
    this.#since(readAt, records, this.queueWait)
  }

  /** So many records that were read then are delivered. */
  delivered(readAt: number | undefined, records: number): void {
    this.#since(readAt, records, this.endToEnd)
  }

  /** A worker says how long handlers took. */
  handled(times: Increments): void {
    this.handler.merge(times)
  }

  #since(readAt: number | undefined, records: number, histogram: Histogram): void {
    if (readAt !== undefined && records > 0)
      histogram.observe(Math.max(0, this.#now() - readAt) / 1000, records)
  }
}
