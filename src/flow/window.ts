/**
 * How many milliseconds of work a process should have in hand. A round trip takes a few while all
 * cores are busy, and costs some 2 ms of everybody's processor time, so it should be rare.
 */
export const WORK_IN_HAND_MS = 50

/** The same for one that has not paused for long, at the most. */
const MOST_IN_HAND_MS = 100

/** And if it keeps a bookmark, so that its death makes no more than one record a suspect. */
const MOST_WITH_BOOKMARK_MS = 200

/** From so many milliseconds on a record is slow: what is done for it alone costs little beside it. */
export const SLOW_MS = 0.5

/** The part of the time since its last pause for which a process has work in hand. */
const OF_BUSY_TIME = 1 / 5

/** After so much of what it has in hand, a process says what it has done: while there is enough left until more arrives. */
const SAID_AFTER = 0.45

/** Milliseconds after which a record has waited too long in one hand, when another may be free. */
export const TOO_LONG_MS = 200

/**
 * How many records a process should have in hand, from how long its records take.
 *
 * Slow records are dealt out one by one, so that they spread evenly over the workers; fast ones by
 * the thousand. It starts at one record for each that can be handled at once, so that the first
 * measurement is taken before anything is piled up behind it.
 */
export class Window {
  readonly #atOnce: number
  readonly #least: number
  readonly #most: number
  readonly #hasBookmark: boolean
  #perRecord = Number.POSITIVE_INFINITY
  #latest = 0
  #surelyPerRecord = 0
  #aheadMs = WORK_IN_HAND_MS

  /**
   * @param most   records at the most, however fast they are
   * @param atOnce records handled at once
   * @param least  never less than this (a handler of batches wants to see whole ones)
   * @param hasBookmark whether it can be told which of its records the process was at when it died
   */
  constructor(most: number, atOnce = 1, least = 1, hasBookmark = false) {
    this.#most = most
    this.#atOnce = atOnce
    this.#least = Math.max(least, atOnce)
    this.#hasBookmark = hasBookmark
  }

  /** Takes in that `records` kept the process busy for `ms`. */
  measure(records: number, ms: number): void {
    if (records <= 0) return
    const sample = Math.max(ms, 0.0001) / records
    this.#surelyPerRecord = Math.min(this.#latest, sample)
    this.#latest = sample
    this.#perRecord = Number.isFinite(this.#perRecord) ? (this.#perRecord + sample) / 2 : sample
  }

  /**
   * The process has been busy for so many milliseconds without a pause. Then what it works on has waited
   * about as long, and waits little longer in comparison if it comes and goes in larger portions.
   */
  stretch(busyMs: number): void {
    const most = this.#hasBookmark && this.#perRecord >= SLOW_MS ? MOST_WITH_BOOKMARK_MS : MOST_IN_HAND_MS
    this.#aheadMs = Math.min(most, Math.max(WORK_IN_HAND_MS, busyMs * OF_BUSY_TIME))
  }

  /** Milliseconds for which a process may keep to itself what it has done, while there is more to do. */
  get patience(): number {
    return this.#aheadMs * SAID_AFTER
  }

  /** Milliseconds that a record takes; infinite until something was measured. */
  get perRecord(): number {
    return this.#perRecord
  }

  /**
   * How many of `inHand` records should go to somebody else: what exceeds the window, once even the
   * faster of the last two measurements says that it would wait too long, or the last one alone ten
   * times that.
   */
  excess(inHand: number): number {
    const tooLong = Math.max(TOO_LONG_MS, 2 * this.#aheadMs)
    const sure = inHand * this.#surelyPerRecord >= tooLong
    if (!sure && inHand * this.#latest < 10 * tooLong) return 0
    return Math.max(0, inHand - this.reach)
  }

  /** Records that a process can do with while it has a pause now and then: what others reckon with. */
  get size(): number {
    return this.#recordsIn(WORK_IN_HAND_MS)
  }

  /** Records that it takes now, if there are so many. */
  get reach(): number {
    return this.#recordsIn(this.#aheadMs)
  }

  #recordsIn(ms: number): number {
    const ahead = Math.floor(ms / this.#perRecord)
    return Math.max(this.#least, Math.min(this.#most, this.#atOnce + ahead))
  }
}
