import { Duplex, Readable } from 'node:stream'
import type { Packet, PacketKind } from '../../join/packet.js'
import { fromWorkerIn, type LeadThere, lifeThereIn, TEXT_AHEAD } from '../../join/words.js'
import type { FromChild, ToChild } from '../../link/control.js'
import type { Figures } from '../../telemetry/figures.js'
import type { Forked, Lost, OnExit } from '../processes/fork.js'

/** A way to the machine that a process runs on. */
export interface WayThere {
  send(kind: PacketKind, body: Uint8Array): void
  say(kind: PacketKind, value: unknown): void
  /** What it says cannot be believed: it is to be ended, and {@link DistantProcess.lose lost} when it is dead. */
  broken(why: string): void
  /** Nothing more is said or heard on it. */
  ended(): void
}

/**
 * A process on another machine, which looks like one that was forked here. What it writes arrives in
 * packets, in its order; so all that it said before its death is heard before its end.
 */
export class DistantProcess implements Forked {
  readonly link: Forked['link']
  readonly stdout = inlet(() => this.#tellRead())
  readonly stderr = inlet(() => this.#tellRead())
  /** What it uses, as its machine last said. */
  figures: Figures | undefined
  readonly #way: WayThere
  readonly #inbound = inlet()
  #pid: number | undefined
  /** What may still be heard of it: a grandchild may hold its stderr open for longer than it lives. */
  readonly #open = new Set<PacketKind>(['life', 'told', 'link', 'stdout', 'stderr'])
  /** Bytes of text of which its machine has not been told that they were read. */
  #untoldText = 0
  #lost = false
  #started: (pid: number) => void = () => {}
  #message: (message: FromChild) => void = () => {}
  #disconnected: () => void = () => {}
  #exit: OnExit = () => {}

  constructor(way: WayThere) {
    this.#way = way
    const write = new Duplex({
      read: () => {},
      writev: (chunks, done) => {
        way.send('link', Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)))
        done()
      },
    })
    this.link = { read: this.#inbound, write }
  }

  get pid(): number | undefined {
    return this.#pid
  }

  tell(message: ToChild): void {
    this.#way.say('told', message)
  }

  /** Signals other than these two are for an inspector, which cannot be reached from here. */
  kill(signal: NodeJS.Signals): void {
    if (signal !== 'SIGKILL' && signal !== 'SIGTERM') return
    this.#way.say('life', { type: 'kill', signal } satisfies LeadThere)
  }

  onStart(listener: (pid: number) => void): void {
    if (this.#pid === undefined) this.#started = listener
    else listener(this.#pid)
  }

  onMessage(listener: (message: FromChild) => void): void {
    this.#message = listener
  }

  onDisconnect(listener: () => void): void {
    this.#disconnected = listener
  }

  onExit(listener: OnExit): void {
    this.#exit = listener
  }

  hear({ kind, body }: Packet): void {
    if (this.#lost) return
    if (kind === 'told') this.#hearTold(body)
    else if (kind === 'life') this.#hearLife(body)
    else if (kind !== 'note') this.#hearBytes(kind, body)
  }

  /** Nothing more is heard of it: it counts as dead from now on, and is killed if that can be. */
  lose(lost: Lost): void {
    if (this.#lost) return
    this.kill('SIGKILL')
    this.#lost = true
    for (const kind of ['link', 'stdout', 'stderr'] as const) this.#hearBytes(kind, end)
    this.#disconnect()
    this.#end(null, null, { lost })
  }

  /** Bytes of a stream; none are its end. */
  #hearBytes(kind: 'link' | 'stdout' | 'stderr', body: Uint8Array): void {
    if (!this.#open.has(kind)) return
    const stream = kind === 'link' ? this.#inbound : this[kind]
    if (kind !== 'link') this.#untoldText += body.byteLength
    if (body.byteLength > 0) stream.push(body)
    else if (this.#close(kind)) stream.push(null)
  }

  #hearTold(body: Uint8Array): void {
    if (body.byteLength === 0) {
      this.#disconnect()
      return
    }
    const message = fromWorkerIn(body)
    if (message) this.#message(message)
    else this.#way.broken(senseless)
  }

  /** Whoever reads what it prints wants more. */
  #tellRead(): void {
    if (this.#lost || this.#untoldText < TEXT_AHEAD / 4) return
    const read: LeadThere = { type: 'read', bytes: this.#untoldText }
    this.#untoldText = 0
    this.#way.say('life', read)
  }

  #hearLife(body: Uint8Array): void {
    const life = lifeThereIn(body)
    if (!life) {
      this.#way.broken(senseless)
    } else if (life.type === 'started') {
      this.#pid = life.pid
      this.#started(life.pid)
    } else if (life.lost !== undefined) {
      this.lose({ why: life.lost, suspicious: false })
    } else {
      const error = life.error === undefined ? undefined : new Error(life.error)
      this.#end(life.code, life.signal as NodeJS.Signals | null, { error })
    }
  }

  #disconnect(): void {
    if (this.#close('told')) this.#disconnected()
  }

  #end(...how: Parameters<OnExit>): void {
    if (this.#close('life')) this.#exit(...how)
  }

  /** Whether it was open. */
  #close(kind: PacketKind): boolean {
    const wasOpen = this.#open.delete(kind)
    if (wasOpen && this.#open.size === 0) this.#way.ended()
    return wasOpen
  }
}

const senseless = 'what its machine says of it is not what a millrace says'

const end: Uint8Array = new Uint8Array(0)

/** Bytes from elsewhere, as a stream. */
const inlet = (wanted: () => void = () => {}): Readable => new Readable({ read: wanted })
