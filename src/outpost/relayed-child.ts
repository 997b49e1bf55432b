import type { Packet, PacketKind } from '../join/packet.js'
import { type LifeThere, LONGEST_ERROR, leadIn, TEXT_AHEAD, toWorkerIn } from '../join/words.js'
import type { FromChild } from '../link/control.js'
import type { Forked } from '../primary/processes/fork.js'

/** A way to the primary, for what is about one process. */
export interface WayBack {
  send(kind: PacketKind, body: Uint8Array): void
  say(kind: PacketKind, value: unknown): void
  /** Nothing more is said or heard on it. */
  ended(): void
}

export interface RelayedParts {
  readonly forked: Forked
  readonly way: WayBack
  /** The path of the module that stands in for that of the pipeline. */
  readonly module: string
  /** The process has ended. */
  gone(): void
}

/** A process of this machine, of which everything is passed on to the primary, and which it leads from there. */
export class RelayedChild {
  readonly #parts: RelayedParts
  /** What the primary is still to be told. */
  readonly #open = new Set<PacketKind>(['life', 'told', 'link', 'stdout', 'stderr'])
  /** Bytes of text that the primary has not read yet. */
  #unread = 0
  /** Why it counts as lost, once it does. */
  #lost: string | undefined

  constructor(parts: RelayedParts) {
    const { forked, way } = parts
    this.#parts = parts
    forked.onStart((pid) => this.#live({ type: 'started', pid }))
    forked.onMessage((message) => way.say('told', shortened(message)))
    forked.onDisconnect(() => this.#end('told'))
    forked.onExit((code, signal, { error } = {}) => {
      this.#live({
        type: 'exited',
        code,
        signal,
        ...(error && { error: error.message.slice(0, LONGEST_ERROR) }),
        ...(this.#lost !== undefined && { lost: this.#lost }),
      })
      this.#close('life')
      parts.gone()
    })
    forked.link.read.on('data', (bytes: Buffer) => way.send('link', bytes))
    forked.link.read.once('close', () => this.#end('link'))
    forked.link.read.on('error', () => {})
    forked.link.write.on('error', () => {})
    // Nothing comes this way; only reading notices that the other end is gone.
    forked.link.write.resume()
    this.#relay('stderr')
    if (forked.stdout) this.#relay('stdout')
    else this.#end('stdout')
  }

  get pid(): number | undefined {
    return this.#parts.forked.pid
  }

  /** What the primary says to it, or wants done with it. */
  hear({ kind, body }: Packet): void {
    const { forked, module } = this.#parts
    if (kind === 'link') {
      forked.link.write.write(body)
    } else if (kind === 'told') {
      const message = toWorkerIn(body, module)
      if (message) forked.tell(message)
      else this.lose('what it was told is not what a primary says')
    } else if (kind === 'life') {
      const wanted = leadIn(body)
      if (wanted?.type === 'kill') forked.kill(wanted.signal)
      else if (wanted?.type === 'read') this.#read(wanted.bytes)
    }
  }

  kill(): void {
    this.#parts.forked.kill('SIGKILL')
  }

  /** It cannot go on as if nothing had happened: it is killed, and the primary told why when it is dead. */
  lose(why: string): void {
    this.#lost ??= why
    this.kill()
  }

  /** Nobody reads any more what it prints; it is killed. */
  abandon(): void {
    this.kill()
    this.#read(Number.POSITIVE_INFINITY)
  }

  #live(life: LifeThere): void {
    if (this.#open.has('life')) this.#parts.way.say('life', life)
  }

  #relay(kind: 'stdout' | 'stderr'): void {
    const { forked, way } = this.#parts
    const stream = forked[kind]!
    stream.on('data', (bytes: Buffer) => {
      way.send(kind, bytes)
      this.#unread += bytes.byteLength
      if (this.#unread >= TEXT_AHEAD) stream.pause()
    })
    stream.on('error', () => {})
    stream.once('close', () => this.#end(kind))
  }

  #read(bytes: number): void {
    this.#unread -= bytes
    if (this.#unread >= TEXT_AHEAD) return
    this.#parts.forked.stderr.resume()
    this.#parts.forked.stdout?.resume()
  }

  /** Of what comes in pieces, one that is empty is the end. */
  #end(kind: 'told' | 'link' | 'stdout' | 'stderr'): void {
    if (!this.#open.has(kind)) return
    this.#parts.way.send(kind, nothing)
    this.#close(kind)
  }

  #close(kind: PacketKind): void {
    if (this.#open.delete(kind) && this.#open.size === 0) this.#parts.way.ended()
  }
}

const nothing: Uint8Array = new Uint8Array(0)

function shortened(message: FromChild): FromChild {
  if (message.type !== 'failed') return message
  const { stack, ...rest } = message
  return {
    ...rest,
    message: message.message.slice(0, LONGEST_ERROR),
    ...(stack !== undefined && { stack: stack.slice(0, LONGEST_ERROR) }),
  }
}
