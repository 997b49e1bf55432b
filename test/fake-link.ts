import type { Kind, Message, Messages } from '../src/link/messages.js'

type Listener = (message: Message) => void

/** The end of a link that a role sends to: remembers everything, and wakes whoever waits for something. */
export class FakeLink {
  readonly sent: Message[] = []
  readonly #listen: Listener
  readonly #waiters = new Set<() => void>()

  constructor(listen: Listener = () => {}) {
    this.#listen = listen
  }

  send<K extends Kind>(kind: K, body: Messages[K], payload: Uint8Array = new Uint8Array(0)): void {
    const message = { kind, body, payload } as Message
    this.sent.push(message)
    this.#listen(message)
    for (const wake of this.#waiters) wake()
    this.#waiters.clear()
  }

  /** Everything of one kind that was sent so far. */
  all<K extends Kind>(kind: K): Extract<Message, { kind: K }>[] {
    return this.sent.filter((message) => message.kind === kind) as Extract<Message, { kind: K }>[]
  }

  /** Resolves once the condition holds; looked at whenever something is sent. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiters.add(resolve))
  }
}
