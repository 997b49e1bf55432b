import type { EventEntry, EventRequest } from '../model/inspection.js'

/** Entries that are kept in memory: some 300 bytes each, and a few kB for a process that died. */
export const MOST_ENTRIES = 500

/**
 * The last events of a pipeline, for whoever asks.
 *
 * A reader is nothing but a number, that of the entry it reads next. So readers cost no memory, however
 * slow they are: one that is overtaken goes on with the oldest entry there is, and is told how many
 * it has missed.
 */
export class EventHistory {
  #entries: EventEntry[] = []
  /** The number of the first entry. */
  #first = 0
  #isOver = false
  readonly #waiting = new Set<() => void>()

  /** What happened before anything that is here. To be called before anybody reads. */
  precede(earlier: readonly EventEntry[]): void {
    this.#entries = [...earlier, ...this.#entries].slice(-MOST_ENTRIES)
  }

  get entries(): readonly EventEntry[] {
    return this.#entries
  }

  add(entry: EventEntry): void {
    this.#entries.push(entry)
    if (this.#entries.length > MOST_ENTRIES) {
      this.#entries.shift()
      this.#first++
    }
    this.#wake()
  }

  /** Nothing more will happen. */
  end(): void {
    this.#isOver = true
    this.#wake()
  }

  async *read({ last = Infinity, since, follow, signal }: EventRequest): AsyncGenerator<EventEntry> {
    for (let at = this.#start(last, since); ; ) {
      if (at < this.#first) {
        yield missed(this.#first - at)
        at = this.#first
      }
      const entry = this.#entries[at - this.#first]
      if (entry) {
        at++
        yield entry
      } else if (!follow || this.#isOver || signal.aborted) {
        return
      } else {
        await this.#news(signal)
      }
    }
  }

  #start(last: number, since: number | undefined): number {
    const recent = since === undefined ? 0 : this.#entries.findIndex(({ at }) => Date.parse(at) >= since)
    const from = recent < 0 ? this.#entries.length : recent
    return this.#first + Math.max(from, this.#entries.length - last)
  }

  #news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#waiting.add(wake)
      signal.addEventListener('abort', wake)
    })
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake()
  }
}

const missed = (count: number): EventEntry => ({
  at: new Date().toISOString(),
  level: 'warn',
  text: `${count} ${count === 1 ? 'event is' : 'events are'} missing here: they came faster than they were read`,
  missed: count,
})
