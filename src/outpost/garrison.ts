import type { Packet } from '../join/packet.js'
import type { Wire } from '../join/wire.js'
import type { Forked } from '../primary/processes/fork.js'
import type { Reaper } from '../primary/processes/reaper.js'
import { RelayedChild } from './relayed-child.js'

export interface GarrisonParts {
  readonly reaper: Pick<Reaper, 'watch' | 'forget'>
  /** The path of the workers' module. */
  readonly module: string
  fork(): Forked
}

/** The processes of an outpost, by the channel that each is spoken to on. */
export class Garrison {
  readonly #parts: GarrisonParts
  readonly #children = new Map<number, RelayedChild>()
  /** Those that have not ended, whether or not anything is still to be said of them. */
  readonly #alive = new Set<RelayedChild>()
  readonly #deathWatches = new Map<RelayedChild, (() => void)[]>()
  #whenEmpty: (() => void) | undefined

  constructor(parts: GarrisonParts) {
    this.#parts = parts
  }

  /** Of those that run, by channel. */
  get pids(): ReadonlyMap<number, number> {
    const pids = new Map<number, number>()
    for (const [channel, child] of this.#children)
      if (child.pid !== undefined && this.#alive.has(child)) pids.set(channel, child.pid)
    return pids
  }

  fork(wire: Wire, channel: number): void {
    if (this.#children.has(channel)) return
    const { reaper, module, fork } = this.#parts
    wire.open(channel)
    const forked = fork()
    const { pid } = forked
    if (pid !== undefined) reaper.watch(pid)
    const child: RelayedChild = new RelayedChild({
      forked,
      module,
      way: {
        send: (kind, body) => wire.send(kind, channel, body),
        say: (kind, value) => wire.say(kind, channel, value),
        ended: () => {
          wire.shut(channel)
          if (this.#children.get(channel) === child) this.#children.delete(channel)
        },
      },
      gone: () => {
        if (pid !== undefined) reaper.forget(pid)
        this.#alive.delete(child)
        for (const heard of this.#deathWatches.get(child) ?? []) heard()
        this.#deathWatches.delete(child)
        if (this.#alive.size === 0) this.#whenEmpty?.()
      },
    })
    this.#children.set(channel, child)
    this.#alive.add(child)
  }

  hear(packet: Packet): void {
    this.#children.get(packet.channel)?.hear(packet)
  }

  /** What was said to it is lost in part. */
  lose(channel: number, why: string): void {
    this.#children.get(channel)?.lose(why)
  }

  /** Kills one of them; `dead` is called when it has ended, at once if it has already. */
  end(channel: number, dead: () => void): void {
    const child = this.#children.get(channel)
    if (!child || !this.#alive.has(child)) {
      dead()
      return
    }
    this.#deathWatches.set(child, [...(this.#deathWatches.get(child) ?? []), dead])
    child.kill()
  }

  /** Kills all. Resolves when they have ended. */
  async clear(): Promise<void> {
    this.#children.clear()
    for (const child of this.#alive) child.abandon()
    if (this.#alive.size === 0) return
    await new Promise<void>((resolve) => {
      this.#whenEmpty = resolve
    })
    this.#whenEmpty = undefined
  }
}
