/** Milliseconds' worth of records that may begin at one go after a pause. */
const BURST_MS = 50

/** Milliseconds between two looks at the least: fast records go in small bursts, not by a timer each. */
const SHORTEST_WAIT_MS = 5

/** Of a record, still less than a whole one after the rounding below. */
const ALMOST_ONE = 0.999

/**
 * Of a record: what rounding may take from one that is due. A clock that has run for twelve days
 * tells times apart that are 10^-7 ms from each other, in which 10^-4 of a record is earned at a million a second.
 */
const ROUNDING = 2e-4

/**
 * A limit on how many records begin a second: a token bucket.
 *
 * What was earned is always computed from one point in time and not summed up from look to look,
 * so that the average is exact however long it runs and however often somebody looks. The bucket
 * holds a little more than what may begin at once: a timer that comes late costs nothing, or 100 a
 * second would be 99.
 *
 * Times are milliseconds of a clock that never goes back.
 */
export class RateLimit {
  #perSecond: number | undefined
  /** Begun since {@link #since}; less than none where the bucket was not empty then. */
  #spent = 0
  #since: number

  /** @param perSecond records a second, above 0; undefined for no limit */
  constructor(perSecond: number | undefined, now: number) {
    this.#perSecond = perSecond
    this.#since = now
    if (perSecond !== undefined) this.#spent = -atOnce(perSecond)
  }

  get perSecond(): number | undefined {
    return this.#perSecond
  }

  /** Whole records that may begin now: at most one, or 50 ms worth of them if that is more. */
  allowed(now: number): number {
    if (this.#perSecond === undefined) return Number.POSITIVE_INFINITY
    const whole = Math.floor(this.#level(this.#perSecond, now) + ROUNDING)
    return Math.max(0, Math.min(whole, atOnce(this.#perSecond)))
  }

  /** Notes that so many have begun. More than were allowed (a batch that cannot be parted) delay those that follow. */
  spend(records: number): void {
    if (this.#perSecond !== undefined) this.#spent += records
  }

  /** When to look again to find at least one allowed: `now`, if one is; undefined without a limit. */
  nextAt(now: number): number | undefined {
    if (this.#perSecond === undefined) return undefined
    if (this.allowed(now) > 0) return now
    const due = this.#since + (this.#spent + 1) * (1000 / this.#perSecond)
    return Math.max(due, now + SHORTEST_WAIT_MS)
  }

  /**
   * Another limit from now on, or none. What was earned stays, as far as the new bucket holds it,
   * so that setting a rate over and over lets nothing through; what was begun too early is
   * forgiven, or slowing down could mean a long standstill.
   */
  set(perSecond: number | undefined, now: number): void {
    if (perSecond !== undefined) {
      const earned = this.#perSecond === undefined ? atOnce(perSecond) : this.#level(this.#perSecond, now)
      this.#spent = -Math.max(0, Math.min(earned, capacityOf(perSecond)))
    }
    this.#since = now
    this.#perSecond = perSecond
  }

  /** What the bucket holds, in records; whatever flows over is gone. */
  #level(perSecond: number, now: number): number {
    const level = (now - this.#since) * (perSecond / 1000) - this.#spent
    const capacity = capacityOf(perSecond)
    if (level <= capacity) return level
    this.#since = now
    this.#spent = -capacity
    return capacity
  }
}

const atOnce = (perSecond: number): number => Math.max(1, Math.floor((perSecond * BURST_MS) / 1000))

const capacityOf = (perSecond: number): number =>
  atOnce(perSecond) + Math.min((perSecond * BURST_MS) / 1000, ALMOST_ONE)
