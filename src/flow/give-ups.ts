import { Lane } from '../model/lane.js'

/** Records that the share is taken of. */
export const GIVE_UPS_WINDOW = 1_000

/** Neighbours in the order of their settlement that ended alike. */
interface Run {
  readonly givenUp: boolean
  readonly records: number
}

/**
 * How many of the last 1,000 settled records were given up.
 *
 * A broker that is down, or a handler deployed with a mistake, fails everything: better to stop and
 * ask than to dead-letter a whole stream. The share is always one of 1,000, so that a short run of
 * bad luck at the start is not taken for such a case.
 */
export class GiveUps {
  /** Oldest first; neighbours differ, and their sum is at most the window. */
  readonly #runs = new Lane<Run>()
  #records = 0
  #givenUp = 0

  /** So many records ended well: delivered, or dropped by the handler. */
  settled(records: number): void {
    this.#push({ givenUp: false, records })
  }

  /** So many records were given up. */
  givenUp(records: number): void {
    this.#push({ givenUp: true, records })
  }

  /** Whether more than this share (0 to 1) of 1,000 was given up, among the last 1,000. */
  above(share: number): boolean {
    return this.#givenUp / GIVE_UPS_WINDOW > share
  }

  /** Forgets everything: somebody has seen it and said go on. */
  reset(): void {
    this.#runs.replace(0, this.#runs.length, [])
    this.#records = 0
    this.#givenUp = 0
  }

  #push({ givenUp, records }: Run): void {
    if (records <= 0) return
    const last = this.#runs.at(this.#runs.length - 1)
    if (last?.givenUp === givenUp) {
      const joined = { givenUp, records: last.records + records }
      this.#runs.replace(this.#runs.length - 1, this.#runs.length, [joined])
    } else {
      this.#runs.push({ givenUp, records })
    }
    this.#count(givenUp, records)
    this.#trim()
  }

  /** Lets the oldest go until the rest fits the window. */
  #trim(): void {
    while (this.#records > GIVE_UPS_WINDOW) {
      const { givenUp, records } = this.#runs.at(0)!
      const gone = Math.min(records, this.#records - GIVE_UPS_WINDOW)
      this.#runs.replace(0, 1, gone === records ? [] : [{ givenUp, records: records - gone }])
      this.#count(givenUp, -gone)
    }
  }

  #count(givenUp: boolean, records: number): void {
    this.#records += records
    if (givenUp) this.#givenUp += records
  }
}
