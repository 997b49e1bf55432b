import type { MillraceError } from '../../errors.js'
import { type Bus, subjectsOf } from '../../join/bus.js'
import { OWN_CHANNEL, type Packet } from '../../join/packet.js'
import { LOST_MS, Vigil } from '../../join/vigil.js'
import { tooLongError, Wire } from '../../join/wire.js'
import {
  type Farewell,
  type Hello,
  ownHost,
  type ToOutpost,
  type ToPrimary,
  toPrimaryIn,
} from '../../join/words.js'
import type { Clock } from '../../model/clock.js'
import type { Lost } from '../processes/fork.js'
import { DistantProcess } from './distant-process.js'

export interface MachineParts {
  readonly bus: Bus
  readonly clock: Clock
  /** The pipeline's. */
  readonly name: string
  readonly hello: Hello
  /** It is of no use any more. */
  lost(lost: Lost): void
  /** It has gone at once, with all that it had in hand. */
  gone(): void
  /** It cannot work for this pipeline, however often it joins. */
  unfit(error: MillraceError): void
  /** It wants to go. Called once. */
  leaves(): void
}

/** A machine that has joined, as the primary sees it: its outpost, and the processes there. */
export class Machine {
  readonly host: string
  readonly pid: number
  readonly workers: number
  readonly #parts: MachineParts
  readonly #wire: Wire
  readonly #vigil: Vigil
  readonly #processes = new Map<number, DistantProcess>()
  /** Those of which nothing more is believed, and why, until the outpost says that they are dead. */
  readonly #distrusted = new Map<number, string>()
  #lastChannel = OWN_CHANNEL
  #leaving = false

  constructor(parts: MachineParts) {
    const { bus, clock, name, hello } = parts
    const { toOutpost, toPrimary } = subjectsOf(name)
    this.#parts = parts
    this.host = hello.host
    this.pid = hello.pid
    this.workers = hello.workers
    this.#wire = new Wire(
      bus,
      { say: toOutpost(hello.id), hear: toPrimary(hello.id) },
      {
        packet: (packet) => this.#hear(packet),
        gap: (channel) => this.#gap(channel),
        tooLong: (bytes, most) =>
          parts.unfit(tooLongError(`What a process on ${hello.host} is to be told`, bytes, most)),
      },
    )
    this.#vigil = new Vigil({
      clock,
      patience: LOST_MS,
      beat: () => this.#say({ type: 'beat', sent: this.#wire.sent }),
      lost: () => parts.lost(silent),
    })
    this.#say({ type: 'accepted', host: ownHost(), pid: process.pid })
  }

  fork(): DistantProcess {
    const channel = ++this.#lastChannel
    this.#wire.open(channel)
    const distant = new DistantProcess({
      send: (kind, body) => this.#wire.send(kind, channel, body),
      say: (kind, value) => this.#wire.say(kind, channel, value),
      broken: (why) => this.#distrust(channel, why),
      ended: () => this.#forget(channel),
    })
    this.#processes.set(channel, distant)
    this.#say({ type: 'fork', channel })
    return distant
  }

  /** Its processes count as dead from now on, and it is told why. */
  end(farewell: Farewell, { why, suspicious }: Lost): void {
    this.#vigil.end()
    const lost = { why: `its machine ${this.host}: ${why}`, suspicious }
    for (const process of [...this.#processes.values()]) process.lose(lost)
    this.#say(farewell)
    this.#wire.close()
  }

  #say(message: ToOutpost): void {
    this.#wire.say('note', OWN_CHANNEL, message)
  }

  #hear(packet: Packet): void {
    this.#vigil.heard()
    if (packet.channel !== OWN_CHANNEL) {
      if (!this.#distrusted.has(packet.channel)) this.#processes.get(packet.channel)?.hear(packet)
      return
    }
    const message = toPrimaryIn(packet.body)
    if (message) this.#heed(message)
    else this.#parts.lost(blameless(senseless))
  }

  #heed(message: ToPrimary): void {
    if (message.type === 'beat') this.#wire.check(message.sent)
    else if (message.type === 'figures') {
      for (const { channel, ...figures } of message.of) {
        const process = this.#processes.get(channel)
        if (process) process.figures = figures
      }
    } else if (message.type === 'ended') {
      const why = this.#distrusted.get(message.channel)
      if (why !== undefined) this.#processes.get(message.channel)?.lose(blameless(why))
    } else if (message.type === 'gone') this.#parts.gone()
    else if (!this.#leaving) {
      this.#leaving = true
      this.#parts.leaves()
    }
  }

  /** What was lost on the way was part of one process's life, or of that of all. */
  #gap(channel: number): void {
    if (channel === OWN_CHANNEL) this.#parts.lost(blameless(gap))
    else this.#distrust(channel, gap)
  }

  /** Its records are not for others before it is dead; should nobody ever say so, silence will. */
  #distrust(channel: number, why: string): void {
    if (this.#distrusted.has(channel) || !this.#processes.has(channel)) return
    this.#distrusted.set(channel, why)
    this.#say({ type: 'end', channel })
  }

  #forget(channel: number): void {
    this.#processes.delete(channel)
    this.#distrusted.delete(channel)
    this.#wire.shut(channel)
  }
}

/** An end whose cause is known: no record in hand has anything to do with it. */
export const blameless = (why: string): Lost => ({ why, suspicious: false })

/** Also if the server is what fell silent: a record is named only for what it was at alone, time and again. */
const silent: Lost = { why: `nothing was heard of it for ${LOST_MS / 1000} s`, suspicious: true }

const gap = 'some of what it said to the primary did not arrive'

const senseless = 'what it said is not what an outpost says'
