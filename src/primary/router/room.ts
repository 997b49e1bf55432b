import { InvariantError } from '../../flow/invariant.js'
import { type Amount, fits, minus, nothing, plus } from '../../model/amount.js'
import type { Queue } from '../../queue/contract.js'

/** The part of its window, some 50 ms of work, that a worker has done in the time that a message takes. */
const AT_ONCE = 1 / 250

/** What a worker has in hand, and what it would like to have. */
export interface Hold {
  readonly inHand: number
  readonly window: number
}

/**
 * Who may put how many results into the out-queue: room is reserved when records are lent, so that
 * a worker that has results never waits, as long as they are as many as is usual.
 *
 * A record with more results than were reserved asks; it is let in when there is room, or, if
 * there could never be enough, alone when the queue is empty: the one overdraft.
 */
export class Room {
  readonly #queue: Queue
  readonly #reserved = new Map<string, Amount>()
  readonly #asking = new Map<string, Amount>()
  /** Results that arrived and may not enter the queue yet, because older ones come first. */
  #held: Amount = nothing
  readonly #mayOverdraw: (worker: string) => boolean
  #overdrawn: string | undefined
  /** Results and bytes that a record has had of late: what to reserve for the next. */
  #results = 1
  #bytes = 256

  /** @param mayOverdraw whether results of this worker are ones that everything waits for */
  constructor(queue: Queue, mayOverdraw: (worker: string) => boolean = () => true) {
    this.#queue = queue
    this.#mayOverdraw = mayOverdraw
  }

  /**
   * How many more records may be lent to `worker`, as far as room for their results goes. No worker
   * reserves more than its share, or the first ones would leave nothing for the others. One that has
   * the results of more before another could be sent anything may, but for what every other needs to
   * have a record in hand: it may turn out to be stuck.
   */
  recordsFor(worker: string, { inHand, window }: Hold, workers: number): number {
    const available = plus(this.#free(), this.#of(worker))
    const { capacity } = this.#queue
    const share = Math.max(capacity.records / workers, Math.floor(window * AT_ONCE))
    const forOthers = this.#othersWithout(worker, workers) * Math.ceil(this.#results)
    const byRecords = Math.floor(Math.min(available.records - forOthers, share) / this.#results)
    const byBytes = Math.floor(Math.min(available.bytes, capacity.bytes / workers) / this.#bytes)
    const least = available.records >= 1 ? 1 : 0
    return Math.max(inHand === 0 ? least : 0, Math.min(byRecords, byBytes) - inHand)
  }

  /** Reserves what `worker` lacks for `inHand` records; the result is what it is granted on top. */
  reserve(worker: string, inHand: number): Amount {
    const own = this.#of(worker)
    const free = this.#free()
    // Bytes vary more than counts: small results that name their places one by one have three times as many.
    // So as long as most of them are free, more are reserved than are usual.
    const usual = 2 * free.bytes > this.#queue.capacity.bytes ? 4 * this.#bytes : this.#bytes
    const granted = {
      records: clamp(Math.ceil(inHand * this.#results) - own.records, free.records),
      bytes: clamp(Math.ceil(inHand * usual) - own.bytes, free.bytes),
    }
    this.#reserved.set(worker, plus(own, granted))
    return granted
  }

  /** `results` of `records` records arrived from `worker`: reserved room is used room now. */
  spend(worker: string, records: number, results: Amount): void {
    const own = this.#of(worker)
    if (!fits(results, own)) {
      throw new InvariantError(
        `${worker} sent ${results.records} results, ${results.bytes} bytes without room`,
      )
    }
    this.#reserved.set(worker, minus(own, results))
    // Results come in order, so these are the ones it asked for, if it did.
    this.#asking.delete(worker)
    if (this.#overdrawn === worker) this.#overdrawn = undefined
    this.#results = Math.max(1, (this.#results * 7 + results.records / records) / 8)
    this.#bytes = Math.max(1, (this.#bytes * 7 + results.bytes / records) / 8)
  }

  /** Results that were spent wait outside of the queue, or enter it. */
  hold(results: Amount): void {
    this.#held = plus(this.#held, results)
  }

  letGo(results: Amount): void {
    this.#held = minus(this.#held, results)
  }

  /** `worker` has a record whose results need so much in all. */
  ask(worker: string, needed: Amount): void {
    this.#asking.set(worker, needed)
  }

  /** The next worker that can be given the room it asked for, with what to grant it. */
  *answers(): Generator<readonly [worker: string, granted: Amount]> {
    for (const [worker, needed] of this.#asking) {
      const own = this.#of(worker)
      const lacking = {
        records: Math.max(0, needed.records - own.records),
        bytes: Math.max(0, needed.bytes - own.bytes),
      }
      const free = this.#free()
      const hasRoom = lacking.records <= free.records && lacking.bytes <= free.bytes
      const stuck = this.#overdrawn === undefined && this.#queue.size.records === 0
      const mustOverdraw = !hasRoom && stuck && this.#mayOverdraw(worker)
      if (!hasRoom && !mustOverdraw) continue
      if (mustOverdraw) this.#overdrawn = worker
      this.#asking.delete(worker)
      this.#reserved.set(worker, plus(own, lacking))
      yield [worker, lacking]
    }
  }

  /** Somebody waits for room: nothing new should be begun, or the room that comes free goes to others for ever. */
  get wanted(): boolean {
    return this.#asking.size > 0
  }

  /** Workers that wait for room. */
  get asking(): number {
    return this.#asking.size
  }

  isAsked(worker: string): boolean {
    return this.#asking.has(worker)
  }

  /** `worker` is gone, and with it what it had reserved. */
  release(worker: string): void {
    this.#reserved.delete(worker)
    this.#asking.delete(worker)
    if (this.#overdrawn === worker) this.#overdrawn = undefined
  }

  /** Of so many workers, those beside this one that have nothing reserved. */
  #othersWithout(worker: string, workers: number): number {
    let others = workers - 1
    for (const [key, { records }] of this.#reserved) if (key !== worker && records >= 1) others--
    return Math.max(0, others)
  }

  #free(): Amount {
    let free = minus(this.#queue.room, this.#held)
    for (const reserved of this.#reserved.values()) free = minus(free, reserved)
    return { records: Math.max(0, free.records), bytes: Math.max(0, free.bytes) }
  }

  #of(worker: string): Amount {
    return this.#reserved.get(worker) ?? nothing
  }
}

const clamp = (wanted: number, most: number) => Math.max(0, Math.min(wanted, most))
