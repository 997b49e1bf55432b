import { encodeBatch } from '../../codec/batch.js'
import type { Codec } from '../../codec/codec.js'
import { recordsOf } from '../../dead-letters/letters.js'
import type { Batch, Piece } from '../../model/batch.js'
import type { DeadLetter } from '../../model/dead-letter.js'
import type { Span } from '../../model/span.js'

/** Places from here on are of dead letters that are handled again: they have none in the stream. */
const FIRST_PLACE = 2 ** 52

export const isReplay = (place: number): boolean => place >= FIRST_PLACE

export interface ReplaysParts {
  readonly codec: Codec
  /** Letters that are handled at once, at the most. */
  readonly most: number
  /** A record goes to a worker again. */
  lend(piece: Piece): void
  /** A result that the sink had rejected goes to it again; undefined when results go nowhere. */
  readonly deliver: ((results: Batch) => void) | undefined
  /** A letter is taken in, as one record more. */
  taken(): void
  /** Something is settled, or all letters are taken in. */
  settled(): void
  /** Has letters leave their file. */
  forget(ids: readonly string[]): Promise<void>
  /** A letter cannot be handled. */
  failed(error: unknown): void
  now(): number
}

/**
 * Dead letters whose records are handled again. A letter stays in the file until what came of its
 * record is as safe as a checkpoint makes it; one whose record fails again is replaced there.
 */
export class Replays {
  readonly #parts: ReplaysParts
  /** Letters under way, by the places of their records. */
  readonly #ids = new Map<number, string>()
  /** Those whose records are settled, until they are forgotten. */
  readonly #settled = new Set<string>()
  #next = FIRST_PLACE
  /** Feeds that have not come to their end. */
  #feeds = 0
  #roomMade: (() => void) | undefined
  #stopped = false

  constructor(parts: ReplaysParts) {
    this.#parts = parts
  }

  /** Letters are still to be taken in. */
  get feeding(): boolean {
    return this.#feeds > 0
  }

  /** Takes letters in, as there is room for them. */
  feed(letters: AsyncIterable<DeadLetter>): void {
    this.#feeds++
    this.#feedLoop(letters)
      .catch((error) => this.#parts.failed(error))
      .finally(() => {
        this.#feeds--
        this.#parts.settled()
      })
  }

  /** Nothing that came of these can be lost, as far as the sink goes. */
  settle({ from, to }: Span): void {
    for (let place = from; place < to; place++) {
      const id = this.#ids.get(place)
      if (id !== undefined) this.#settled.add(id)
      this.#ids.delete(place)
    }
    this.#over()
  }

  /** A letter with this id has been written anew: the one of before is no longer there. */
  keptAnew(id: string): void {
    for (const [place, its] of this.#ids) if (its === id) this.#ids.delete(place)
  }

  /** The ids of letters that need not be kept, as soon as what is true now is durable. */
  get done(): readonly string[] {
    return [...this.#settled]
  }

  /** That is durable: these letters leave the file. */
  async forget(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    await this.#parts.forget(ids)
    for (const id of ids) this.#settled.delete(id)
  }

  /** Takes no more in. */
  stop(): void {
    this.#stopped = true
    this.#roomMade?.()
  }

  async #feedLoop(letters: AsyncIterable<DeadLetter>): Promise<void> {
    for await (const letter of letters) {
      while (this.#ids.size >= this.#parts.most && !this.#stopped) await this.#room()
      if (this.#stopped) return
      this.#take(letter)
    }
  }

  #take(letter: DeadLetter): void {
    const { codec, lend, deliver, taken, now } = this.#parts
    const records = recordsOf(letter)
    if (!records) return
    const payload = encodeBatch(records, codec)
    const from = this.#next++
    this.#ids.set(from, letter.id)
    taken()
    const batch: Batch = { width: 1, count: 1, payload, readAt: now() }
    if (letter.stage === 'sender' && deliver) deliver({ ...batch, origins: { from } })
    else lend({ batch, from, to: from + 1, skip: 0 })
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#roomMade = resolve
    })
  }

  #over(): void {
    this.#roomMade?.()
    this.#roomMade = undefined
    this.#parts.settled()
  }
}
