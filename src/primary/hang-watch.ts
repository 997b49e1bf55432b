import { cut } from '../model/batch.js'
import type { Clock } from '../model/clock.js'
import type { EventListener } from '../telemetry/events.js'
import { AT_WORK, atWorkIn } from './at-work.js'
import type { ChildProcess } from './processes/child-process.js'
import type { Dispatch } from './router/dispatch.js'
import type { Port } from './router/port.js'
import { idOf } from './router/record-id.js'

/** Milliseconds in one hand after which a record is worth a word, whatever `timeout` is. */
const SLOW_MS = 10_000

/** Milliseconds that a handler has to heed its AbortSignal, and a process to say that it is alive. */
const GRACE_MS = 1000

const LOOK_EVERY_MS = 1000
const LEAST_LOOK_MS = 20

/** Why a worker has to go. */
interface Conviction {
  /** The records that are to blame, if that could be found out. */
  readonly places: readonly number[]
  readonly reason: string
  readonly stack?: string | undefined
}

export interface HangWatchParts {
  readonly clock: Clock
  /** Milliseconds that a record may take; undefined: any time. */
  readonly timeout: number | undefined
  readonly dispatch: () => Dispatch
  workerOf(key: string): ChildProcess | undefined
  readonly emit: EventListener
}

/**
 * Looks at the workers from outside: warns about records that take long, and kills a worker that
 * is over `timeout` with one.
 *
 * A handler that waits is told to abort by its own process, which then tells us; a handler in an
 * endless loop lets its process say nothing at all, and is found out by that silence. Where it is
 * stuck, and with which record, is asked of its inspector.
 */
export class HangWatch {
  readonly #parts: HangWatchParts
  /** The oldest record of a worker that was warned about, by the worker's key. */
  readonly #warned = new Map<string, number>()
  /** Workers that are being asked where they are. */
  readonly #asked = new Set<string>()
  #cancel: (() => void) | undefined

  constructor(parts: HangWatchParts) {
    this.#parts = parts
  }

  start(): void {
    const { clock, timeout = SLOW_MS } = this.#parts
    const every = Math.max(LEAST_LOOK_MS, Math.min(LOOK_EVERY_MS, timeout / 4))
    this.#cancel = clock.after(every, () => {
      for (const port of this.#parts.dispatch().ports) this.#look(port)
      this.start()
    })
  }

  stop(): void {
    this.#cancel?.()
  }

  #look(port: Readonly<Port>): void {
    const { clock, timeout, dispatch } = this.#parts
    // It was killed already, and is only not gone yet.
    if (port.sentence) return
    const { key } = port.worker
    const [oldest] = dispatch().holdings(key)
    if (!oldest || dispatch().waitsForRoom(key)) return
    const now = clock.now()
    if (now - oldest.since > SLOW_MS) this.#warn(key, oldest)
    if (timeout === undefined) return
    const overdue = [...port.overdue].filter(([, since]) => now - since >= GRACE_MS).map(([place]) => place)
    if (overdue.length > 0)
      this.#kill(key, { places: overdue, reason: `a record took longer than ${timeout / 1000} s` })
    else if (now - port.heardAt > timeout + GRACE_MS) void this.#findOut(port)
  }

  #warn(key: string, { piece, since }: ReturnType<Dispatch['holdings']>[number]): void {
    if (this.#warned.get(key) === piece.from) return
    this.#warned.set(key, piece.from)
    const child = this.#parts.workerOf(key)
    const seconds = Math.round((this.#parts.clock.now() - since) / 1000)
    if (child) this.#parts.emit({ type: 'recordSlow', process: child.place.id, id: idOf(piece), seconds })
  }

  /** The process says nothing: asks it where it is, and kills it unless it has come back meanwhile. */
  async #findOut(port: Readonly<Port>): Promise<void> {
    const { key } = port.worker
    const child = this.#parts.workerOf(key)
    if (!child || this.#asked.has(key)) return
    this.#asked.add(key)
    const { heardAt } = port
    const found = await child.whereabouts(AT_WORK)
    this.#asked.delete(key)
    if (port.heardAt !== heardAt || port.sentence) return
    const held = this.#parts.dispatch().holdings(key)
    const [only] = held.length === 1 && held[0]!.piece.to - held[0]!.piece.from === 1 ? held : []
    const place = atWorkIn(found?.value)?.place ?? port.begun ?? only?.piece.from
    const reason = `no answer for longer than its \`timeout\` of ${this.#parts.timeout! / 1000} s`
    this.#kill(key, { places: place === undefined ? [] : [place], reason, stack: found?.stack })
  }

  #kill(key: string, { places, reason, stack }: Conviction): void {
    const { timeout, dispatch, workerOf, emit } = this.#parts
    const child = workerOf(key)
    if (!child) return
    const how = `took longer than ${timeout! / 1000} s; its worker was killed`
    dispatch().sentence(key, { name: 'TimeoutError', places, how, stack })
    const [guilty] = places
    const held = dispatch().holdings(key)
    const its = held.find(({ piece: { from, to } }) => guilty !== undefined && from <= guilty && guilty < to)
    emit({
      type: 'workerHung',
      process: child.place.id,
      pid: child.pid,
      id: its ? idOf(cut(its.piece, guilty!, its.piece.to)) : null,
      stack: stack ?? null,
    })
    child.kill({ reason })
  }
}
