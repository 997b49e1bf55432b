import { Credit } from '../flow/credit.js'
import type { Link } from '../link/link.js'
import type { Amount } from '../model/amount.js'
import type { Report } from './reports.js'

export interface ReportQueueParts {
  readonly link: Pick<Link, 'send' | 'flushed'>
  /** Sends a report, with what is only known when it goes. */
  send(report: Report): void
}

/** Reports on their way to the primary, oldest first: their results wait until there is room for them. */
export class ReportQueue {
  readonly #parts: ReportQueueParts
  readonly #room = new Credit()
  readonly #waiting: Report[] = []
  #asked = false
  /** Somebody waits for the last of them to be sent. */
  #emptied: (() => void) | undefined

  constructor(parts: ReportQueueParts) {
    this.#parts = parts
  }

  /** Whether reports wait for room. */
  get waits(): boolean {
    return this.#waiting.length > 0
  }

  /** Results that may be sent now. */
  get room(): Amount {
    return this.#room.available
  }

  /** The primary has more room for results. */
  grant(room: Amount): void {
    this.#room.grant(room)
  }

  /** The primary has more room because it was asked for. */
  answer(room: Amount): void {
    this.#room.grant(room)
    this.#asked = false
    this.#send()
  }

  push(reports: readonly Report[]): void {
    this.#waiting.push(...reports)
    this.#send()
  }

  /** Resolves when all reports have left this process. For one caller at a time. */
  async left(): Promise<void> {
    if (this.#waiting.length > 0) {
      await new Promise<void>((resolve) => {
        this.#emptied = resolve
      })
    }
    await this.#parts.link.flushed()
  }

  /** Sends those whose results there is room for, in order; asks for more room for the first that waits. */
  #send(): void {
    for (let report = this.#waiting[0]; report; report = this.#waiting[0]) {
      const results = { records: report.body.results, bytes: report.payload?.byteLength ?? 0 }
      if (results.records > 0 && !this.#room.allows(results)) {
        if (!this.#asked) this.#parts.link.send('need', results)
        this.#asked = true
        return
      }
      this.#waiting.shift()
      // Whatever was asked for was for this one.
      if (results.records > 0) this.#asked = false
      this.#room.spendUpTo(results)
      this.#parts.send(report)
    }
    this.#emptied?.()
    this.#emptied = undefined
  }
}
