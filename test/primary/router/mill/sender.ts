import { Receiver } from '../../../../src/flow/receiver.js'
import { Window } from '../../../../src/flow/window.js'
import type { Kind, Messages } from '../../../../src/link/messages.js'
import { pairsOf } from '../../../../src/model/pairs.js'
import { type Payload, wholeOf } from '../../../../src/model/payload.js'
import type { LinkEnd } from '../../../../src/primary/processes/child-process.js'
import { ownersIn } from './worker.js'

/** A result in the sender's hand, and the record that it comes from. */
export interface Held {
  readonly place: number
  readonly record: number
}

export interface Confirmed {
  readonly body: Messages['confirm']
  readonly results: readonly Held[]
}

/** A sender that keeps the protocol, confirms when it is told to, and rejects what it is told to. */
export class MillSender implements LinkEnd {
  readonly key: string
  readonly inbox: (() => void)[] = []
  readonly outbox: Confirmed[] = []
  readonly held: Held[] = []
  /** Messages of results, each as the records that its results come from. */
  readonly arrivals: number[][] = []
  readonly #receiver = new Receiver(new Window(5, 5, 5), 100)

  constructor(key: string) {
    this.key = key
  }

  begin() {
    return this.#receiver.grant()
  }

  send<K extends Kind>(kind: K, body: Messages[K], payload: Payload = new Uint8Array(0)): void {
    if (kind === 'results') this.inbox.push(() => this.#arrived(body as Messages['results'], payload))
  }

  hear(): void {
    for (const message of this.inbox.splice(0)) message()
  }

  confirm(count: number, rejects: (record: number) => boolean): void {
    const results = this.held.splice(0, count)
    if (results.length === 0) return
    const rejected = results
      .filter(({ record }) => rejects(record))
      .map(({ place, record }) => ({ place, reason: 'no', id: `${record}`, value: new Uint8Array(0) }))
    this.#receiver.finished(results.length)
    const body = {
      done: pairsOf(results.map(({ place }) => place)),
      ...(rejected.length > 0 && { rejected }),
      credit: this.#receiver.grant(),
      activity: { handled: results.length, busy: 1, window: 5 },
    }
    this.outbox.push({ body, results })
  }

  #arrived({ from, count, skip, bytes }: Messages['results'], payload: Payload): void {
    this.#receiver.arrived({ records: count, bytes })
    const records = ownersIn(wholeOf(payload)).slice(skip, skip + count)
    this.arrivals.push(records)
    this.held.push(...records.map((record, index) => ({ place: from + index, record })))
  }
}
