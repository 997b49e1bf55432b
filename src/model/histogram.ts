/** What was observed, by bucket: only those in which there is something. */
export interface Increments {
  /** As pairs: the number of a bucket, and how much was observed in it. */
  readonly buckets: readonly number[]
  /** Of all values, each times its weight. */
  readonly sum: number
}

/**
 * Counts of values in fixed buckets. Bucket `i` holds what is at most `bounds[i]` and more than the
 * bound before; the last one holds what is more than every bound.
 *
 * One observation stands for many records that shared it, by its weight, so it costs by the batch.
 */
export class Histogram {
  readonly bounds: readonly number[]
  readonly #counts: Float64Array
  #sum = 0

  /** @param bounds in rising order */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.#counts = new Float64Array(bounds.length + 1)
  }

  observe(value: number, weight = 1): void {
    this.#counts[this.#bucketOf(value)]! += weight
    this.#sum += value * weight
  }

  /** Takes in what another histogram of the same bounds observed. */
  merge({ buckets, sum }: Increments): void {
    for (let i = 0; i < buckets.length; i += 2) this.#counts[buckets[i]!]! += buckets[i + 1]!
    this.#sum += sum
  }

  /** What was observed since this was last called; undefined when that is nothing. */
  take(): Increments | undefined {
    const buckets: number[] = []
    for (let i = 0; i < this.#counts.length; i++) {
      if (this.#counts[i] !== 0) buckets.push(i, this.#counts[i]!)
    }
    if (buckets.length === 0) return undefined
    const sum = this.#sum
    this.#counts.fill(0)
    this.#sum = 0
    return { buckets, sum }
  }

  /** How much was observed in each bucket. */
  get counts(): readonly number[] {
    return [...this.#counts]
  }

  get sum(): number {
    return this.#sum
  }

  #bucketOf(value: number): number {
    let low = 0
    let high = this.bounds.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (value <= this.bounds[middle]!) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** Seconds that a record may take, from a function that adds two numbers to a call over the network that hangs. */
export const SECONDS: readonly number[] = [
  ...[0.00001, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5],
  ...[1, 2.5, 5, 10, 30, 60, 300],
]

/** Records that are moved at once. */
export const RECORDS: readonly number[] = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536]
