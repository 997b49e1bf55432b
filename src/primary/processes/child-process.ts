import type { Readable } from 'node:stream'
import { InvariantError } from '../../flow/invariant.js'
import type { ChildSpec, FromChild, ToChild } from '../../link/control.js'
import { Link } from '../../link/link.js'
import type { Kind, Message, Messages } from '../../link/messages.js'
import type { LogLevel } from '../../model/logger.js'
import type { Payload, SlotAddress } from '../../model/payload.js'
import type { Exit, ProcessState } from '../../model/status.js'
import type { Figures } from '../../telemetry/figures.js'
import type { Vitals } from '../../telemetry/vitals.js'
import type { Place } from '../topology.js'
import { type Kill, lastOf, saysOutOfMemory, verdictOnExit, wasCrash } from './exit-verdict.js'
import type { Forked, Lost, NoExit } from './fork.js'
import { Inspector } from './inspector.js'
import { readLines } from './read-lines.js'
import type { Session } from './session.js'
import type { Whereabouts } from './stack.js'

/** A process is in one of these; `backoff` is a state of its place, while nobody fills it. */
export type ChildState = Exclude<ProcessState, 'backoff'>

/** What may follow what. Anything else is a bug. */
const allowed: Readonly<Record<ChildState, readonly ChildState[]>> = {
  starting: ['ready', 'draining', 'exited'],
  ready: ['draining', 'exited'],
  draining: ['exited'],
  exited: [],
}

/** How a process came to its end, all told. */
export interface Death {
  readonly exit: Exit
  /** Whether it had been asked to end, and did so with exit code 0. */
  readonly asked: boolean
  /** It never became ready. */
  readonly beforeReady: boolean
  /** Present when it is not known how it ended, because its machine or the way there was lost. */
  readonly lost: Lost | undefined
  /** What it said itself about why it cannot go on. */
  readonly failure: Extract<FromChild, { type: 'failed' }> | undefined
  /** The last lines that it wrote, be it to stdout or to stderr. */
  readonly lastLines: readonly string[]
}

/** What those who move records need of a process: its name, and a way to send it something. */
export type LinkEnd = Pick<ChildProcess, 'key' | 'send'>

export interface ChildListener {
  ready(child: ChildProcess, message: Extract<FromChild, { type: 'ready' }>): void
  message(child: ChildProcess, message: Message): void
  /** It says that it has filled a slot of the shared memory. Throws when it was not to. */
  stored(child: ChildProcess, address: SlotAddress): Payload
  told(child: ChildProcess, message: FromChild): void
  /** A line of text on its stdout or stderr. */
  line(child: ChildProcess, line: string, stream: 'stdout' | 'stderr'): void
  /** Asked about one that SIGKILL ended, and not by us: whether that was the kernel, for want of memory. */
  killedByKernel(child: ChildProcess): boolean
  /** The process has exited *and* everything it sent and told has been read. */
  gone(child: ChildProcess, death: Death): void
}

/**
 * One process in one place of the pipeline, from fork to exit: an explicit state machine, its data
 * link, and the last words it said.
 *
 * It is gone when it has exited, its data link has ended and its channel is closed, whichever is
 * last. The end of its stderr is not waited for, as a grandchild may hold that open; only one that
 * died without a word before it was ready, or crashed, is given a moment for its last lines to arrive.
 */
export class ChildProcess {
  readonly place: Place
  /** Tells processes that fill the same place one after another apart: `worker:2/3`. */
  readonly key: string
  readonly since = Date.now()
  readonly #forked: Forked
  readonly #link: Link
  readonly #listener: ChildListener
  readonly #inspector: Inspector
  readonly #lastLines: string[] = []
  #state: ChildState = 'starting'
  /** Why it was asked to end, once it was. */
  #asked: string | undefined
  #kill: Kill | undefined
  #ranOutOfMemory = false
  #listens = false
  #wasReady = false
  /** What it is told once it listens. */
  #first: Extract<ToChild, { type: 'start' | 'prepare' }> | undefined
  #failure: Death['failure']
  #vitals: Vitals | undefined
  #exit: Pick<Exit, 'code' | 'signal' | 'at'> | undefined
  #lost: Lost | undefined
  /** What must still end before the process is gone. */
  readonly #open = new Set<'process' | 'link' | 'channel' | 'lastLines'>(['process', 'link', 'channel'])

  constructor(place: Place, generation: number, forked: Forked, listener: ChildListener) {
    this.place = place
    this.key = `${place.id}/${generation}`
    this.#forked = forked
    this.#listener = listener
    this.#inspector = new Inspector({ pid: this.pid, signal: () => forked.kill('SIGUSR1') })
    const hear = {
      message: (message: Message) => listener.message(this, message),
      ended: () => this.#over('link'),
      broken: () => this.kill({ reason: 'what it sent is not what a child sends' }),
    }
    this.#link = new Link(forked.link, hear, {
      gathers: true,
      openSlot: (address) => listener.stored(this, address),
    })
    forked.onMessage((message) => this.#heard(message))
    forked.onDisconnect(() => this.#over('channel'))
    forked.onExit((code, signal, instead) => this.#exited(code, signal, instead))
    readLines(forked.stderr, (line) => this.#said(line, 'stderr'))
    if (forked.stdout) readLines(forked.stdout, (line) => this.#said(line, 'stdout'))
  }

  /** On its own machine; 0 as long as it has none. */
  get pid(): number {
    return this.#forked.pid ?? 0
  }

  /** What it uses, if it is on another machine and that has said. */
  get figures(): Figures | undefined {
    return this.#forked.figures
  }

  /** What it last said of its event loop and heap. */
  get vitals(): Vitals | undefined {
    return this.#vitals
  }

  get state(): ChildState {
    return this.#state
  }

  /** Tells the process its role, as soon as it listens. */
  start(spec: ChildSpec): void {
    this.#tellFirst({ type: 'start', spec })
  }

  /** Has the process load what its role needs, and wait for {@link start}. */
  prepare(spec: ChildSpec): void {
    this.#tellFirst({ type: 'prepare', spec })
  }

  #tellFirst(message: Extract<ToChild, { type: 'start' | 'prepare' }>): void {
    if (this.#listens) this.#tell(message)
    else this.#first = message
  }

  send<K extends Kind>(kind: K, body: Messages[K], payload?: Payload): void {
    this.#link.send(kind, body, payload)
  }

  /** Asks a writer to read no more, or a worker to give back what it has not begun. It stays until it is stopped. */
  drain(): void {
    this.#tell({ type: 'drain' })
  }

  /**
   * Nothing more will come for it: it tears down and exits.
   *
   * @param reason as a phrase, for who asks why it has ended
   */
  stop(reason = 'ended with the pipeline'): void {
    if (this.#state === 'draining' || this.#state === 'exited') return
    this.#asked = reason
    this.#transition('draining')
    this.#first = undefined
    this.#tell({ type: 'stop' })
  }

  setLogLevel(logLevel: LogLevel): void {
    if (this.#first) this.#first = { ...this.#first, spec: { ...this.#first.spec, logLevel } }
    this.#tell({ type: 'logLevel', level: logLevel })
  }

  /** Ends it at once. Of several reasons the first is told. */
  kill(why: Kill): void {
    if (this.#state === 'exited') return
    this.#kill ??= why
    this.#forked.kill('SIGKILL')
  }

  /** Whether it can be looked into: SIGUSR1 would end a process that has not come as far as saying hello. */
  get listens(): boolean {
    return this.#listens && this.#state !== 'exited'
  }

  /** An inspector listens on its own machine alone. */
  get #isWithinReach(): boolean {
    return this.listens && this.place.host === undefined
  }

  /**
   * Where it is at this moment, even in an endless loop; undefined when that cannot be had soon.
   * Never rejects.
   *
   * @param expression evaluated in the process at the same moment; must yield plain JSON
   * @param timeoutMs milliseconds; 1500 if not given
   */
  async whereabouts(expression?: string, timeoutMs?: number): Promise<Whereabouts | undefined> {
    return this.#isWithinReach ? this.#inspector.whereabouts(expression, timeoutMs) : undefined
  }

  /** Does `work` in a session with its inspector; see {@link Inspector.visit}. */
  async visit<T>(work: (session: Session) => Promise<T>): Promise<T | undefined> {
    return this.#isWithinReach ? this.#inspector.visit(work) : undefined
  }

  #tell(message: ToChild): void {
    this.#forked.tell(message)
  }

  #heard(message: FromChild): void {
    if (message.type === 'failed') this.#failure = message
    if (message.type === 'vitals') {
      const { type: _, ...vitals } = message
      this.#vitals = vitals
      return
    }
    if (message.type === 'hello') {
      this.#listens = true
      if (this.#first) this.#tell(this.#first)
      else if (this.#asked !== undefined) this.#tell({ type: 'stop' })
      return
    }
    if (message.type === 'ready' && this.#state === 'starting') {
      this.#wasReady = true
      this.#transition('ready')
      this.#listener.ready(this, message)
    } else {
      this.#listener.told(this, message)
    }
  }

  #said(line: string, stream: 'stdout' | 'stderr'): void {
    const own = stream === 'stderr' ? this.#inspector.hear(line) : line
    if (own === undefined) return
    if (stream === 'stderr') {
      if (saysOutOfMemory(own)) this.#ranOutOfMemory = true
    }
    this.#lastLines.push(own)
    if (this.#lastLines.length > 20) this.#lastLines.shift()
    this.#listener.line(this, own, stream)
  }

  #exited(code: number | null, signal: NodeJS.Signals | null, { error, lost }: NoExit = {}): void {
    this.#lost = lost
    this.#exit = { code, signal, at: new Date().toISOString() }
    this.#transition('exited')
    this.#inspector.gone()
    if (error) {
      this.#failure ??= { type: 'failed', code: 'internal', message: error.message }
      this.#open.clear()
    } else if ((!this.#wasReady && !signal && !lost) || wasCrash(this.#exit)) {
      this.#awaitLastLines()
    }
    this.#over('process')
  }

  #awaitLastLines(): void {
    if (isAtItsEnd(this.#forked.stderr)) return
    const over = () => this.#over('lastLines')
    this.#open.add('lastLines')
    this.#forked.stderr.once('end', over)
    setTimeout(over, LAST_LINES_MS).unref()
  }

  #over(what: 'process' | 'link' | 'channel' | 'lastLines'): void {
    const wasOpen = this.#open.delete(what)
    if (!this.#exit || this.#open.size > 0 || (!wasOpen && what !== 'process')) return
    const { code, signal } = this.#exit
    const verdict = verdictOnExit({
      code,
      signal,
      asked: this.#asked,
      lost: this.#lost?.why,
      kill: this.#kill,
      saidOutOfMemory: this.#ranOutOfMemory,
      killedByKernel: () => this.#listener.killedByKernel(this),
    })
    this.#listener.gone(this, {
      exit: { ...this.#exit, ...verdict, lastLines: lastOf([...this.#lastLines, ...linesOf(this.#failure)]) },
      asked: this.#asked !== undefined && code === 0,
      beforeReady: !this.#wasReady,
      lost: this.#lost,
      failure: this.#failure,
      lastLines: this.#lastLines,
    })
  }

  #transition(to: ChildState): void {
    if (!allowed[this.#state].includes(to)) {
      throw new InvariantError(`${this.key} cannot go from ${this.#state} to ${to}`)
    }
    this.#state = to
  }
}

/** What a process says of its end on its channel, it does not write as well. */
function linesOf(failure: Death['failure']): readonly string[] {
  if (!failure) return []
  const { code, message, stack } = failure
  return ((code === 'internal' ? stack : undefined) ?? message).split('\n')
}

/** Milliseconds to wait for the stderr of a process that never became ready, or that crashed. */
const LAST_LINES_MS = 300

const isAtItsEnd = (stream: Readable): boolean => stream.readableEnded || stream.destroyed
