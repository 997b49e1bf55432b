import { type Encoding, encodeBatch } from '../../src/codec/batch.js'
import { codecNamed } from '../../src/codec/codec.js'
import type { FromChild } from '../../src/link/control.js'
import type { Message } from '../../src/link/messages.js'
import type { Clock } from '../../src/model/clock.js'
import { placesIn } from '../../src/model/pairs.js'
import { type SenderLoop, type SenderParts, startSender } from '../../src/sender/loop.js'
import { FakeLink } from '../fake-link.js'
import { quietLog } from '../quiet-log.js'
import { specOf } from '../specs.js'

export const codec = codecNamed('msgpack')

const to = { module: { path: '/mill/sender.mjs', with: {} } }

type Opened = Pick<SenderParts, 'sink' | 'batch'>

/** Plays the primary of one sender. */
export class Outlet {
  readonly link = new FakeLink((message) => this.heard(message))
  /** Called with everything that the sender sends. */
  heard: (message: Message) => void = () => {}
  readonly told: FromChild[] = []
  readonly errors: unknown[] = []
  loop!: SenderLoop
  readonly #clock: Clock | undefined
  #next = 0

  /** @param clock default: the system's */
  constructor(clock?: Clock) {
    this.#clock = clock
  }

  /** @param durably whether it confirms only what is durable */
  async start(opened: Opened, state?: string, durably = false): Promise<this> {
    this.loop = await startSender({
      spec: specOf('sender', durably ? { sender: { to, redelivers: false, durably } } : {}),
      link: this.link,
      log: quietLog,
      signal: new AbortController().signal,
      codec,
      ...opened,
      state,
      ...(this.#clock && { clock: this.#clock }),
      tell: (message) => this.told.push(message),
      giveUp: (error) => this.errors.push(error),
    })
    this.loop.begin()
    return this
  }

  /** Lends results, and not those `around` them in their batch. */
  send(values: readonly unknown[], around = 0, encoding: Encoding = codec): void {
    const others = new Array(around).fill('not yours')
    const all = [...others, ...values, ...others]
    const from = this.#next
    this.#next += values.length
    const payload = encodeBatch({ values: all, ids: { prefix: 'id', first: from - around } }, encoding)
    const body = { from, count: values.length, skip: around, total: all.length, bytes: 10 }
    this.loop.message({ kind: 'results', body, payload })
  }

  sync(): void {
    this.loop.message({ kind: 'sync', body: {}, payload: new Uint8Array(0) })
  }

  get confirmed(): number[] {
    return this.link.all('confirm').flatMap(({ body }) => [...placesIn(body.done)])
  }

  async allConfirmed(): Promise<void> {
    await this.link.until(() => this.confirmed.length === this.#next)
  }
}
