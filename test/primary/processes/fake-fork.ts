import { PassThrough } from 'node:stream'
import type { FromChild, ToChild } from '../../../src/link/control.js'
import type { Forked, Lost, OnExit } from '../../../src/primary/processes/fork.js'

let pids = 1000

/** A process that does only what the test says. */
export class FakeFork implements Forked {
  readonly pid = ++pids
  readonly stdout = new PassThrough()
  readonly stderr = new PassThrough()
  readonly told: ToChild[] = []
  readonly signals: string[] = []
  readonly #link = new PassThrough()
  #message: (message: FromChild) => void = () => {}
  #disconnect: () => void = () => {}
  #exit: OnExit = () => {}

  /** A pass-through has all of a socket that a link uses. */
  get link(): Forked['link'] {
    return { read: this.#link, write: new PassThrough() }
  }

  tell(message: ToChild): void {
    this.told.push(message)
  }

  kill(signal: NodeJS.Signals): void {
    this.signals.push(signal)
  }

  onStart(listener: (pid: number) => void): void {
    listener(this.pid)
  }

  onMessage(listener: (message: FromChild) => void): void {
    this.#message = listener
  }

  onDisconnect(listener: () => void): void {
    this.#disconnect = listener
  }

  onExit(listener: OnExit): void {
    this.#exit = listener
  }

  says(message: FromChild): void {
    this.#message(message)
  }

  becomesReady(): void {
    this.says({ type: 'hello' })
    this.says({ type: 'ready' })
  }

  exits(code: number | null, signal: NodeJS.Signals | null = null): void {
    this.#exit(code, signal)
  }

  cannotStart(error: Error): void {
    this.#exit(null, null, { error })
  }

  /** Nothing more is heard of it. */
  async isLost(lost: Lost): Promise<void> {
    this.disconnects()
    await this.closesLink()
    this.#exit(null, null, { lost })
    await this.closesStderr()
  }

  disconnects(): void {
    this.#disconnect()
  }

  /** Closes its data link; resolves when that is noticed. */
  async closesLink(): Promise<void> {
    const closed = new Promise((resolve) => this.#link.once('close', resolve))
    this.#link.destroy()
    await closed
  }

  async closesStderr(lastLine = ''): Promise<void> {
    const ended = new Promise((resolve) => this.stderr.once('end', resolve))
    this.stderr.end(lastLine)
    await ended
  }

  /** Ends in every respect. */
  async dies(code: number | null, signal: NodeJS.Signals | null = null): Promise<void> {
    this.disconnects()
    await this.closesLink()
    this.exits(code, signal)
    await this.closesStderr()
  }
}
