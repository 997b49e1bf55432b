import type { Slow } from '../link/messages.js'
import { idAt } from '../model/ids.js'
import type { Begun } from './active-calls.js'

/** Milliseconds from which on a record is worth a word. */
export const SLOW_RECORD_MS = 100

/**
 * Keeps the record that took longest. It is told only of what was slow, by whoever times handlers, so a
 * fast record costs nothing for it; and no id is put together but that of the slowest.
 *
 * Where several began between two looks at the clock and one of them was slow, it is only known to be
 * one of these.
 */
export class Slowest {
  #found: { readonly last: Begun; readonly ms: number; readonly records: number } | undefined

  /** So many records came back after this time, the `last` of them begun last. */
  note(last: Begun, ms: number, records: number): void {
    if (ms > (this.#found?.ms ?? 0)) this.#found = { last, ms, records }
  }

  /** The slowest since this was last asked, if any was slow. */
  take(): Slow | undefined {
    const found = this.#found
    this.#found = undefined
    if (!found) return undefined
    const { lend, index } = found.last
    return { id: idAt(lend.records.ids, index), ms: Math.round(found.ms), records: found.records }
  }
}
