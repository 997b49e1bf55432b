import { randomUUID } from 'node:crypto'
import { exitCode, isErrorCode, MillraceError } from '../errors.js'
import { type Bus, subjectsOf } from '../join/bus.js'
import { OWN_CHANNEL, type Packet } from '../join/packet.js'
import { LEASE_MS, Vigil } from '../join/vigil.js'
import { tooLongError, Wire } from '../join/wire.js'
import { type Hello, ownHost, PROTOCOL, type ToOutpost, type ToPrimary, toOutpostIn } from '../join/words.js'
import type { Clock } from '../model/clock.js'
import { FigureSampler } from '../telemetry/figures.js'
import type { Garrison } from './garrison.js'
import type { OutpostEvent } from './report.js'

/** Milliseconds between two times that it says hello, until somebody answers. */
const HELLO_MS = 1000

/** Hellos without an answer after which it says that it waits. */
const SOON = 3

const FIGURES_MS = 3000

export interface OutpostParts {
  /** The pipeline's. */
  readonly name: string
  /** millrace's own version. */
  readonly version: string
  readonly workers: number
  /** Milliseconds in which workers may finish what they have begun when it leaves. */
  readonly shutdownTimeout: number
  readonly bus: Bus
  readonly clock: Clock
  readonly garrison: Garrison
  readonly emit: (event: OutpostEvent) => void
}

/**
 * - `seeking`: nobody has answered yet
 * - `joined`: a primary leads the workers here
 * - `over`: nobody does any more, and nobody will
 */
type State = 'seeking' | 'joined' | 'over'

/**
 * A machine that lends its cores to a pipeline elsewhere: it looks for the primary, forks what that
 * wants, and passes everything on. What is to be done with records is decided there alone.
 */
export class Outpost {
  /** Resolves with the exit code when it has ended, and its workers with it. */
  readonly finished: Promise<number>
  readonly #parts: OutpostParts
  readonly #figures: FigureSampler
  #state: State = 'seeking'
  #wire: Wire | undefined
  #vigil: Vigil | undefined
  #hellos = 0
  #saidThatItWaits: string | undefined
  #leaving = false
  #cancel: () => void = () => {}
  #cancelFigures: () => void = () => {}
  #cancelDeadline: () => void = () => {}
  #resolve!: (code: number) => void
  #reject!: (error: unknown) => void

  constructor(parts: OutpostParts) {
    const { clock, garrison } = parts
    this.#parts = parts
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#figures = new FigureSampler({ clock, pids: () => [...garrison.pids.values()] })
    this.#seek()
  }

  /** Has the workers finish what they have begun, and ends. */
  leave(why: string): void {
    if (this.#leaving || this.#state === 'over') return
    this.#leaving = true
    const { clock, shutdownTimeout, emit } = this.#parts
    if (this.#state === 'seeking') {
      this.#end(why, exitCode.ok)
      return
    }
    emit({ type: 'outpostLeaving', why })
    this.#say({ type: 'leave' })
    this.#cancelDeadline = clock.after(shutdownTimeout, () => this.leaveNow())
  }

  /** Ends at once; what the workers have in hand goes to others. */
  leaveNow(): void {
    if (this.#state === 'over') return
    if (this.#state === 'seeking') {
      this.#end('nothing was begun', exitCode.ok)
      return
    }
    this.#end('at once; what the workers had in hand goes to others', exitCode.returned, { type: 'gone' })
  }

  /** It cannot go on. */
  fail(error: Error): void {
    if (this.#state === 'over') return
    this.#over({ type: 'gone' })
    void this.#parts.garrison.clear().then(() => this.#reject(error))
  }

  /** Begins to look for a primary. What comes for an earlier time is heard no more. */
  #seek(): void {
    const { bus, name } = this.#parts
    const id = randomUUID()
    const { toOutpost, toPrimary } = subjectsOf(name)
    this.#state = 'seeking'
    this.#hellos = 0
    this.#wire = new Wire(
      bus,
      { say: toPrimary(id), hear: toOutpost(id) },
      {
        packet: (packet) => this.#hear(packet),
        gap: (channel) => this.#gap(channel),
        tooLong: (bytes, most) => this.fail(tooLongError('What the primary is to be told', bytes, most)),
      },
    )
    this.#greet(id)
  }

  #greet(id: string): void {
    const { bus, clock, name, version, workers } = this.#parts
    const hello: Hello = { protocol: PROTOCOL, version, id, host: ownHost(), pid: process.pid, workers }
    if (++this.#hellos === SOON) this.#wait(`no pipeline \`${name}\` answers yet`)
    this.#cancel = clock.after(HELLO_MS, () => this.#greet(id))
    bus.publish(subjectsOf(name).hello, Buffer.from(JSON.stringify(hello)))
  }

  /** Says so once for each reason. */
  #wait(why: string): void {
    if (this.#saidThatItWaits === why) return
    this.#saidThatItWaits = why
    this.#parts.emit({ type: 'outpostWaiting', why })
  }

  #say(message: ToPrimary): void {
    this.#wire?.say('note', OWN_CHANNEL, message)
  }

  #hear(packet: Packet): void {
    this.#vigil?.heard()
    if (packet.channel !== OWN_CHANNEL) {
      this.#parts.garrison.hear(packet)
      return
    }
    const message = toOutpostIn(packet.body)
    if (message) this.#heed(message)
    else this.#beginAnew('what was said is not what a primary says')
  }

  #heed(message: ToOutpost): void {
    if (message.type === 'accepted') this.#join(message)
    else if (message.type === 'refused') this.#refused(message)
    else if (this.#state !== 'joined') return
    else if (message.type === 'beat') this.#wire?.check(message.sent)
    else if (message.type === 'fork') this.#parts.garrison.fork(this.#wire!, message.channel)
    else if (message.type === 'end') this.#endOne(message.channel)
    else if (message.type === 'forgotten') this.#beginAnew(message.why)
    else if (message.type === 'released') this.#end('everything was finished', exitCode.ok)
    else if (message.type === 'dismissed') this.#dismissed(message)
    else this.#end(`the pipeline ${message.outcome}`, message.failed ? exitCode.failed : exitCode.ok)
  }

  #join({ host, pid }: Extract<ToOutpost, { type: 'accepted' }>): void {
    if (this.#state !== 'seeking') return
    const { clock, emit, workers } = this.#parts
    this.#cancel()
    this.#state = 'joined'
    this.#saidThatItWaits = undefined
    this.#vigil = new Vigil({
      clock,
      patience: LEASE_MS,
      beat: () => this.#say({ type: 'beat', sent: this.#wire!.sent }),
      lost: () => this.#beginAnew(`nothing was heard of ${host} for ${LEASE_MS / 1000} s`),
    })
    this.#tellFigures()
    emit({ type: 'outpostJoined', host, primary: pid, workers })
  }

  /** It asks again after a while, unless that is of no use. */
  #refused({ why, forGood }: Extract<ToOutpost, { type: 'refused' }>): void {
    if (this.#state !== 'seeking') return
    if (forGood) {
      this.fail(
        new MillraceError('not_taken_in', `${this.#parts.name} does not take this machine in: ${why}`),
      )
      return
    }
    this.#wait(why)
    this.#drop()
    this.#cancel = this.#parts.clock.after(HELLO_MS, () => this.#seek())
  }

  #dismissed({ code, message }: Extract<ToOutpost, { type: 'dismissed' }>): void {
    this.fail(new MillraceError(isErrorCode(code) ? code : 'internal', message))
  }

  #tellFigures(): void {
    const wire = this.#wire
    this.#cancelFigures = this.#parts.clock.after(FIGURES_MS, () => {
      void this.#figures.sample().then((figures) => {
        if (this.#wire !== wire) return
        const of = [...this.#parts.garrison.pids].flatMap(([channel, pid]) => {
          const used = figures.get(pid)
          return used ? [{ channel, ...used }] : []
        })
        if (of.length > 0) this.#say({ type: 'figures', of })
        this.#tellFigures()
      })
    })
  }

  /** The primary gives its records to others as soon as it hears that this one is dead. */
  #endOne(channel: number): void {
    const wire = this.#wire
    this.#parts.garrison.end(channel, () => wire?.say('note', OWN_CHANNEL, { type: 'ended', channel }))
  }

  #gap(channel: number): void {
    const why = 'some of what the primary said to it did not arrive'
    if (channel === OWN_CHANNEL) this.#beginAnew(why)
    else this.#parts.garrison.lose(channel, why)
  }

  /** The workers here would do what is given to others by now. */
  #beginAnew(why: string): void {
    if (this.#state === 'over') return
    const wasJoined = this.#state === 'joined'
    this.#drop()
    if (this.#leaving) {
      // Others do what the workers had not finished.
      this.#end(why, exitCode.returned)
      return
    }
    this.#state = 'seeking'
    if (wasJoined) this.#parts.emit({ type: 'outpostAlone', why })
    void this.#parts.garrison.clear().then(() => {
      if (this.#state !== 'over') this.#seek()
    })
  }

  /** Hears and says no more of this time. */
  #drop(): void {
    this.#cancel()
    this.#cancelFigures()
    this.#vigil?.end()
    this.#vigil = undefined
    this.#wire?.close()
    this.#wire = undefined
  }

  #end(why: string, code: number, lastWord?: ToPrimary): void {
    if (this.#state === 'over') return
    this.#over(lastWord)
    this.#parts.emit({ type: 'outpostEnded', why })
    void this.#parts.garrison.clear().then(() => this.#resolve(code))
  }

  #over(lastWord?: ToPrimary): void {
    this.#state = 'over'
    if (lastWord) this.#say(lastWord)
    this.#drop()
    this.#cancelDeadline()
    this.#figures.close()
  }
}
