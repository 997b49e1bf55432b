import type { Slow } from '../../link/messages.js'
import type { Clock } from '../../model/clock.js'
import type { ProcessId } from '../../model/role.js'
import type { SlowRecord } from '../../model/status.js'

/** Records that are kept. */
const KEPT = 5

/** Milliseconds after which a slow record is of the past; up to twice that, since they are forgotten together. */
const FORGET_AFTER_MS = 5 * 60_000

/** The slowest records of the last minutes, as workers say them. */
export class SlowestRecords {
  readonly #clock: Clock
  #recent: readonly SlowRecord[] = []
  #before: readonly SlowRecord[] = []
  #since: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#since = clock.now()
  }

  note(process: ProcessId, { id, ms, records }: Slow): void {
    this.#forget()
    this.#recent = slowestOf([...this.#recent, { id, process, seconds: ms / 1000, records }])
  }

  /** The slowest first. */
  get list(): readonly SlowRecord[] {
    this.#forget()
    return slowestOf([...this.#recent, ...this.#before])
  }

  #forget(): void {
    const passed = this.#clock.now() - this.#since
    if (passed < FORGET_AFTER_MS) return
    this.#before = passed < 2 * FORGET_AFTER_MS ? this.#recent : []
    this.#recent = []
    this.#since += passed
  }
}

const slowestOf = (records: readonly SlowRecord[]): readonly SlowRecord[] =>
  [...records].sort((a, b) => b.seconds - a.seconds).slice(0, KEPT)
