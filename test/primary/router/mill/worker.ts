import { Credit } from '../../../../src/flow/credit.js'
import { Receiver } from '../../../../src/flow/receiver.js'
import { Window } from '../../../../src/flow/window.js'
import type { Kind, Messages } from '../../../../src/link/messages.js'
import { pairsOf } from '../../../../src/model/pairs.js'
import { type Payload, wholeOf } from '../../../../src/model/payload.js'
import type { LinkEnd } from '../../../../src/primary/processes/child-process.js'

/** What becomes of a record in a worker's hand: so many results (none: dropped), or a failure. */
export type Fate = number | 'fails'

type Report = Messages['report']
export type Told =
  | { readonly kind: 'need'; readonly body: Messages['need'] }
  | { readonly kind: 'begin'; readonly body: Messages['begin'] }
  | { readonly kind: 'report'; readonly body: Report; readonly payload: Uint8Array }

/** Bytes of one result. */
export const RESULT = 4

/** Records that a worker wants in hand. */
export const HAND = 6

/**
 * A worker that keeps the protocol and decides nothing by itself. Whatever it is sent or tells lies
 * in a mailbox until the test hands it on, so messages cross as they do between processes.
 */
export class MillWorker implements LinkEnd {
  readonly key: string
  readonly inbox: (() => void)[] = []
  readonly outbox: Told[] = []
  /** Places in its hand that it has not begun. */
  readonly places: number[] = []
  /** What its bookmark would say, if it kept one: the record that it began last. */
  at: number | undefined
  /** Those of them that may have taken a worker along. */
  readonly #careful = new Set<number>()
  /** Whether its reports are about unbroken runs of places. */
  readonly #inOrder: boolean
  readonly #window = new Window(HAND)
  readonly #receiver = new Receiver(this.#window, 200)
  readonly #room = new Credit()
  readonly #waiting: { readonly body: Omit<Report, 'credit' | 'activity'>; readonly payload: Uint8Array }[] =
    []
  #asked = false

  constructor(key: string, inOrder = false) {
    this.key = key
    this.#inOrder = inOrder
  }

  /** It has one record at first, and from then on wants its hand full: with others in it, less than half is not worth a lend. */
  begin() {
    const credit = this.#receiver.grant()
    this.#window.measure(1, 0.001)
    return credit
  }

  send<K extends Kind>(kind: K, body: Messages[K], payload?: Payload): void {
    if (kind === 'lend') {
      this.inbox.push(() => {
        wholeOf(payload!)
        this.#lent(body as Messages['lend'])
      })
    }
    if (kind === 'room') this.inbox.push(() => this.#given(body as Messages['room']))
  }

  hear(): void {
    for (const message of this.inbox.splice(0)) message()
  }

  /** Says that it begins the first record in its hand, if that is a suspect; says whether it is. */
  announce(): boolean {
    const [place] = this.places
    if (place === undefined || !this.#careful.has(place)) return false
    this.outbox.push({ kind: 'begin', body: { place } })
    return true
  }

  /** Works off as many records as there are fates, and reports them together; suspects one by one. */
  work(fates: readonly Fate[]): void {
    if (this.places.length === 0) return
    if (this.announce()) {
      this.#finish(this.places.splice(0, 1), fates)
      return
    }
    const suspect = this.places.findIndex((place) => this.#careful.has(place))
    const places = this.places.splice(0, suspect < 0 ? fates.length : Math.min(fates.length, suspect))
    if (!this.#inOrder) {
      this.#finish(places, fates)
      return
    }
    for (let begin = 0, end = 1; end <= places.length; end++) {
      if (end < places.length && places[end] === places[end - 1]! + 1 && fates[end - 1] !== 'fails') continue
      this.#finish(places.slice(begin, end), fates.slice(begin, end))
      begin = end
    }
  }

  /** Records in its hand that are suspects. */
  get suspects(): number[] {
    return this.places.filter((place) => this.#careful.has(place))
  }

  #finish(finished: readonly number[], fates: readonly Fate[]): void {
    this.at = finished.at(-1)
    const places = finished.toSorted((a, b) => a - b)
    const fateOf = (index: number) => fates[finished.indexOf(places[index]!)]!
    const done = places.filter((_, index) => fateOf(index) !== 'fails')
    const failed = places.filter((_, index) => fateOf(index) === 'fails')
    const made = places.flatMap((place, index) => {
      const fate = fateOf(index)
      return fate === 'fails' ? [] : new Array<number>(fate).fill(place)
    })
    const from = made.length > 0 ? Math.min(...made) : 0
    const deltas = Uint32Array.from(made, (place) => place - from)
    this.#waiting.push({
      body: {
        done: pairsOf(done),
        dropped: done.length - new Set(made).size,
        results: made.length,
        from,
        ...(made.length > 0 && { deltas: new Uint8Array(deltas.buffer) }),
        failures: failed.map((place) => ({ place, id: `${place}`, name: 'Error', message: 'fails' })),
      },
      payload: Buffer.from(Uint32Array.from(made).buffer),
    })
    this.#report()
  }

  /** Gives back the last records that it has not begun. */
  giveBack(count: number): void {
    const returned = this.places.splice(Math.max(0, this.places.length - count))
    if (returned.length === 0) return
    const pairs = pairsOf(returned)
    this.#tell(
      { done: [], dropped: 0, results: 0, from: 0, returned: pairs },
      new Uint8Array(0),
      returned.length,
    )
  }

  #lent({ from, count, bytes, room, careful }: Messages['lend']): void {
    this.#receiver.arrived({ records: count, bytes })
    this.#room.grant(room)
    for (let i = 0; i < count; i++) {
      this.places.push(from + i)
      if (careful) this.#careful.add(from + i)
    }
    this.#report()
  }

  #given(room: Messages['room']): void {
    this.#room.grant(room)
    this.#asked = false
    this.#report()
  }

  #report(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      const results = { records: next.body.results, bytes: next.payload.byteLength }
      if (results.records > 0 && !this.#room.allows(results)) {
        if (!this.#asked) this.outbox.push({ kind: 'need', body: results })
        this.#asked = true
        return
      }
      this.#waiting.shift()
      if (results.records > 0) this.#asked = false
      this.#room.spendUpTo(results)
      const finished = lengthOf(next.body.done) + (next.body.failures?.length ?? 0)
      this.#tell(next.body, next.payload, finished)
    }
  }

  #tell(body: Omit<Report, 'credit' | 'activity'>, payload: Uint8Array, finished: number): void {
    this.#receiver.finished(finished)
    const credit = this.#receiver.grant()
    const activity = { handled: finished, busy: 1, window: HAND }
    this.outbox.push({ kind: 'report', body: { ...body, credit, activity }, payload })
  }
}

/** The records that a payload's results come from, one a result. */
export function ownersIn(payload: Uint8Array): number[] {
  const owners = new Uint32Array(payload.byteLength / RESULT)
  Buffer.from(owners.buffer).set(payload)
  return [...owners]
}

const lengthOf = (pairs: readonly number[]): number =>
  pairs.reduce((length, place, index) => length + (index % 2 ? place : -place), 0)
