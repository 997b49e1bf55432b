import type { Clock } from '../../model/clock.js'
import type { PipelineEvent } from '../events.js'
import { Antechamber, type Overseer, type Watched } from './overseer.js'
import type { NotifySocket } from './socket.js'
import { type Look, statusLine } from './status-line.js'

/** Milliseconds between two looks at the pipeline at the most. */
const LOOK_MS = 5000

/** What puts off systemd's patience, in microseconds: by several looks, should one be late. */
const EXTENSION = `EXTEND_TIMEOUT_USEC=${4 * LOOK_MS * 1000}`

/** Milliseconds that the primary needs beside its deadlines: the last checkpoint, the account. */
const CLOSING_MS = 10_000

export interface SystemdParts {
  readonly clock: Clock
  readonly socket: NotifySocket
  /** Milliseconds after which systemd ends a service that says nothing; undefined when it does not. */
  readonly watchdog: number | undefined
  /** `shutdown.timeout` in milliseconds: the processes may take that for the drain, and again to tear down. */
  readonly shutdownTimeout: number
  /** Microseconds on the machine's monotonic clock, by which systemd orders what it hears. */
  monotonic(): bigint
}

/** What systemd believes of the service. */
type Phase = 'starting' | 'ready' | 'reloading' | 'stopping' | 'over'

const allowed: Readonly<Record<Phase, readonly Phase[]>> = {
  starting: ['ready', 'stopping', 'over'],
  ready: ['reloading', 'stopping', 'over'],
  reloading: ['ready', 'stopping', 'over'],
  stopping: ['over'],
  over: [],
}

/**
 * Tells systemd how the pipeline is.
 *
 * The watchdog hears that all is well as long as this process comes to look, and the pipeline is
 * healthy: it makes progress, has nothing to do, or waits for something that a restart would not
 * change (see `health.ts`). So a primary whose loop is stuck, and a pipeline that has settled nothing
 * for `stalledAfter`, are started again and resume.
 */
export class SystemdOverseer implements Overseer {
  readonly #parts: SystemdParts
  readonly #antechamber = new Antechamber((event) => this.#happened(event))
  #phase: Phase = 'starting'
  #pipeline: Watched | undefined
  #last: Look | undefined
  #line = ''
  /** At the last look; the log has it once. */
  #stoodStill = false
  /** Why systemd could not be told, as the log has it. */
  #trouble: string | undefined
  /** When systemd need not wait any longer; set by the drain. */
  #deadline = 0
  #cancelLook: (() => void) | undefined

  constructor(parts: SystemdParts) {
    this.#parts = parts
  }

  readonly heard = this.#antechamber.heard

  watch(pipeline: Watched): void {
    this.#pipeline = pipeline
    this.#antechamber.open()
    this.#look()
  }

  ready(): void {
    if (this.#enter('ready')) this.#parts.socket.send(['READY=1'])
  }

  async close(): Promise<void> {
    this.#enter('over')
    this.#cancelLook?.()
    await this.#parts.socket.close()
  }

  #happened(event: PipelineEvent): void {
    const { socket, monotonic } = this.#parts
    if (event.type === 'pipelineStarted') this.ready()
    else if (event.type === 'reloading' && this.#enter('reloading'))
      socket.send(['RELOADING=1', `MONOTONIC_USEC=${monotonic()}`])
    else if ((event.type === 'reloaded' || event.type === 'reloadFailed') && this.#phase === 'reloading')
      this.ready()
    else if (event.type === 'stateChanged') this.#changed(event)
  }

  #changed({ state }: Extract<PipelineEvent, { type: 'stateChanged' }>): void {
    const ends = state === 'draining' || state === 'finished' || state === 'failed'
    if (ends && this.#enter('stopping')) {
      const { clock, shutdownTimeout, socket } = this.#parts
      this.#deadline = clock.now() + 2 * shutdownTimeout + CLOSING_MS
      socket.send(['STOPPING=1', EXTENSION])
    }
    const look = this.#now()
    if (look) this.#say(this.#lineFor(look))
  }

  /** Says how it is, and that all is well, if it is; again in a while. */
  #look(): void {
    const { clock, watchdog = Number.POSITIVE_INFINITY } = this.#parts
    const look = this.#now()
    if (!look) return
    this.#noteTrouble()
    this.#say([...this.#lineFor(look), ...this.#allIsWell(look)])
    this.#last = look
    this.#cancelLook = clock.after(Math.min(LOOK_MS, watchdog / 2), () => this.#look())
  }

  #now(): Look | undefined {
    if (!this.#pipeline || this.#phase === 'over') return undefined
    return { pulse: this.#pipeline.pulse, at: this.#parts.clock.now() }
  }

  /** Nothing when systemd has this line already. */
  #lineFor(look: Look): readonly string[] {
    const line = statusLine(this.#last, look)
    if (line === this.#line) return []
    this.#line = line
    return [`STATUS=${line}`]
  }

  #allIsWell(look: Look): readonly string[] {
    const { ok, why } = look.pulse.health
    if (!ok) {
      if (!this.#stoodStill) this.#pipeline?.note({ type: 'stoodStill', why })
      this.#stoodStill = true
      return []
    }
    this.#stoodStill = false
    const patient = this.#phase === 'stopping' && look.at < this.#deadline
    return [...(this.#parts.watchdog === undefined ? [] : ['WATCHDOG=1']), ...(patient ? [EXTENSION] : [])]
  }

  #noteTrouble(): void {
    const { trouble } = this.#parts.socket
    if (trouble !== undefined && this.#trouble === undefined)
      this.#pipeline?.note({ type: 'notifyFailed', reason: trouble })
    this.#trouble = trouble
  }

  #say(assignments: readonly string[]): void {
    if (assignments.length > 0) this.#parts.socket.send(assignments)
  }

  /** Whether systemd has to be told: a step that is not allowed is one that it knows of already, or need not. */
  #enter(phase: Phase): boolean {
    if (!allowed[this.#phase].includes(phase)) return false
    this.#phase = phase
    return true
  }
}
