import { type Clock, systemClock } from '../../model/clock.js'
import { askInspector, type Question } from './ask-inspector.js'
import type { Whereabouts } from './stack.js'

/** Milliseconds that an answer may take. */
const LONGEST_WAIT_MS = 1500

/** At the end of a line only, as a process may have written to that line before. */
const LISTENING =
  /Debugger listening on (ws:\/\/(?:127\.0\.0\.1|0\.0\.0\.0|localhost|\[::1?\]):\d+\/[\da-f-]+)$/
const FAILED = /^Starting inspector on \S+ failed: /

/** What else Node says of its inspector. It is the session, not the inspector, that is `ending`. */
const ASIDE =
  /^(?:For help, see: https:\/\/nodejs\.org\/\S+|Debugger attached\.|Debugger ending on ws:\S+|Waiting for the debugger to disconnect\.\.\.)$/

export interface InspectorParts {
  readonly pid: number
  /** Sends SIGUSR1, upon which Node opens its inspector even while a loop blocks all JavaScript. */
  signal(): void
  readonly clock?: Clock
  readonly ask?: (url: string, question: Question) => Promise<Whereabouts | undefined>
}

/**
 * The inspector of one process, which is open only for the moments in which the process is asked
 * where it is. One that was open already (`--inspect`) is used and left open.
 *
 * Node says where it listens on stderr, so every line of that goes through here first.
 */
export class Inspector {
  readonly #pid: number
  readonly #signal: () => void
  readonly #clock: Clock
  readonly #ask: NonNullable<InspectorParts['ask']>
  /** Where it listens, as far as it has said. */
  #url: string | undefined
  /** Set while the process was signalled and has not said where it listens. */
  #opened: ((url: string | undefined) => void) | undefined
  /**
   * Ends with the inspector closed again, however long that takes: a stopped process gets round to
   * it when it is continued. So it is never signalled twice, and nothing stays open.
   */
  #visit: Promise<Whereabouts | undefined> | undefined
  /** What Node says about its inspector from then on is nobody else's concern. */
  #wasSignalled = false

  constructor({ pid, signal, clock = systemClock, ask = askInspector }: InspectorParts) {
    this.#pid = pid
    this.#signal = signal
    this.#clock = clock
    this.#ask = ask
  }

  /**
   * Where the process is at this moment; undefined when that cannot be had within `timeoutMs`, as
   * from one that is stopped, gone, in a long native call, or has a SIGUSR1 handler of its own. Calls
   * while one is under way get the same answer. Never rejects.
   *
   * @param expression evaluated in the process at the same moment; must yield plain JSON
   * @param timeoutMs milliseconds; 1500 if not given
   */
  whereabouts(expression?: string, timeoutMs = LONGEST_WAIT_MS): Promise<Whereabouts | undefined> {
    this.#visit ??= this.#begin(expression)
      .catch(() => undefined)
      .finally(() => {
        this.#visit = undefined
      })
    return this.#within(timeoutMs, this.#visit)
  }

  /** Takes in a line of the process's stderr. Returns what of it is the process's own, if anything. */
  hear(line: string): string | undefined {
    const listening = LISTENING.exec(line)
    if (listening) this.#url = listening[1]
    if (listening || FAILED.test(line)) this.#opened?.(this.#url)
    if (!this.#wasSignalled) return line
    if (listening) return line.slice(0, listening.index) || undefined
    return ASIDE.test(line) ? undefined : line
  }

  /** The process has ended. */
  gone(): void {
    this.#opened?.(undefined)
  }

  async #begin(expression: string | undefined): Promise<Whereabouts | undefined> {
    const close = this.#url === undefined
    const url = this.#url ?? (await this.#open())
    if (url === undefined) return undefined
    const answer = await this.#ask(url, { pid: this.#pid, expression, close })
    // Closed, or not worth a second try.
    if (close || !answer) this.#url = undefined
    return answer
  }

  #open(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#opened = (url) => {
        this.#opened = undefined
        resolve(url)
      }
      this.#wasSignalled = true
      this.#signal()
    })
  }

  #within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ms, () => resolve(undefined))
      void promise.then((value) => {
        cancel()
        resolve(value)
      })
    })
  }
}
