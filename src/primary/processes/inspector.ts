import { type Clock, systemClock } from '../../model/clock.js'
import { evaluate, openSession, type Session } from './session.js'
import { askWhereabouts, type Whereabouts } from './stack.js'

/** Milliseconds that an answer may take. */
const LONGEST_WAIT_MS = 1500

/** At the end of a line only, as a process may have written to that line before. */
const LISTENING =
  /Debugger listening on (ws:\/\/(?:127\.0\.0\.1|0\.0\.0\.0|localhost|\[::1?\]):\d+\/[\da-f-]+)$/
const FAILED = /^Starting inspector on \S+ failed: /

/** What else Node says of its inspector. It is the session, not the inspector, that is `ending`. */
const ASIDE =
  /^(?:For help, see: https:\/\/nodejs\.org\/\S+|Debugger attached\.|Debugger ending on ws:\S+|Waiting for the debugger to disconnect\.\.\.)$/

/**
 * Closes the inspector from within, as nobody can do from outside. Node has put the port that it found
 * in place of the 0; it might be taken the next time.
 */
const closeFor = (pid: number): string => `if (process.pid === ${pid}) {
  process.getBuiltinModule('node:inspector').close()
  process.debugPort = 0
}`

export interface InspectorParts {
  readonly pid: number
  /** Sends SIGUSR1, upon which Node opens its inspector even while a loop blocks all JavaScript. */
  signal(): void
  readonly clock?: Clock
  readonly connect?: (url: string) => Promise<Session>
}

/**
 * The inspector of one process, which is open only while somebody visits it. One that was open
 * already (`--inspect`) is used and left open.
 *
 * ```
 *   shut ──first visit: SIGUSR1──→ opening ──→ open ──last visit over──→ closing ──→ shut
 * ```
 *
 * Visits have sessions of their own and do not disturb each other; who comes while it closes waits,
 * and opens it again. Node says where it listens on stderr, so every line of that goes through here first.
 */
export class Inspector {
  readonly #pid: number
  readonly #signal: () => void
  readonly #clock: Clock
  readonly #connect: NonNullable<InspectorParts['connect']>
  /** Where it listens, as far as it has said. */
  #url: string | undefined
  /** Set while the process was signalled and has not said where it listens. */
  #opened: ((url: string | undefined) => void) | undefined
  /** Set from the signal until it is shut again: it is ours to close. */
  #opening: Promise<string | undefined> | undefined
  #visits = 0
  #closing: Promise<void> | undefined
  /** The one question that all who ask where it is get the answer of. */
  #asking: Promise<Whereabouts | undefined> | undefined
  /** What Node says about its inspector from then on is nobody else's concern. */
  #wasSignalled = false

  constructor({ pid, signal, clock = systemClock, connect = openSession }: InspectorParts) {
    this.#pid = pid
    this.#signal = signal
    this.#clock = clock
    this.#connect = connect
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
    this.#asking ??= this.visit((session) => askWhereabouts(session, expression))
      .catch(() => undefined)
      .finally(() => {
        this.#asking = undefined
      })
    return this.#within(timeoutMs, this.#asking)
  }

  /**
   * Does `work` in a session of its own, and resolves when the inspector is closed again, unless
   * somebody else still visits, however long that takes: a stopped process gets round to it when it
   * is continued. So it is never signalled twice, and nothing stays open.
   *
   * @returns what the work came to; undefined when there is no inspector to be had
   * @throws what the work threw
   */
  async visit<T>(work: (session: Session) => Promise<T>): Promise<T | undefined> {
    while (this.#closing) await this.#closing
    this.#visits++
    let session: Session | undefined
    try {
      session = await this.#session()
      return session && (await work(session))
    } finally {
      await this.#leave(session)
    }
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

  /** None when another process answers: a program that this one has started may listen on the same stderr. */
  async #session(): Promise<Session | undefined> {
    const url = this.#opening ? await this.#opening : (this.#url ?? (await this.#open()))
    if (url === undefined) return undefined
    const session = await this.#connect(url).catch(() => undefined)
    const pid = session && (await evaluate(session, 'process.pid').catch(() => undefined))
    if (pid === this.#pid) return session
    session?.close()
    // Not worth a second try.
    this.#url = undefined
    return undefined
  }

  #open(): Promise<string | undefined> {
    this.#opening = new Promise((resolve) => {
      this.#opened = (url) => {
        this.#opened = undefined
        resolve(url)
      }
      this.#wasSignalled = true
      this.#signal()
    })
    return this.#opening
  }

  async #leave(session: Session | undefined): Promise<void> {
    if (--this.#visits > 0 || !this.#opening) {
      session?.close()
      return
    }
    this.#closing = this.#close(session, this.#opening).finally(() => {
      this.#url = undefined
      this.#opening = undefined
      this.#closing = undefined
    })
    await this.#closing
  }

  /** Never rejects: an inspector that cannot be told to close has ended with its process, or belongs to another. */
  async #close(session: Session | undefined, opening: Promise<string | undefined>): Promise<void> {
    try {
      const url = await opening
      if (url === undefined) return
      // A session ends before its inspector by an answer that was too large.
      const last = session?.isOpen ? session : await this.#connect(url)
      // The end of the session is the inspector's own; a reply to that may come first.
      await evaluate(last, closeFor(this.#pid)).finally(() => last.close())
    } catch {
      // As it should be: the end came before the reply.
    }
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
