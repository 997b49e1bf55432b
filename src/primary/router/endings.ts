import { letterOfRefusal } from '../../dead-letters/letters.js'
import type { Account } from '../../flow/account.js'
import type { Messages } from '../../link/messages.js'
import type { Piece } from '../../model/batch.js'
import type { DeadLetter } from '../../model/dead-letter.js'
import { joinSpans, type Span } from '../../model/span.js'
import type { Queue } from '../../queue/contract.js'
import type { Checkpoints } from '../checkpoints.js'
import type { Backlog } from './backlog.js'
import type { DeadLetterOffice } from './dead-letter-office.js'
import { isReplay, type Replays } from './replays.js'

export interface EndingsParts {
  readonly account: Account
  readonly inQueue: Queue
  readonly replays: Replays
  readonly office: DeadLetterOffice
  readonly backlog: Pick<Backlog, 'over'>
  readonly checkpoints: Checkpoints
  /** There will be no results of these. */
  passed(places: Span): void
}

/** How records come to their end: settled, or given up and settled once their letters are durable. */
export class Endings {
  readonly #parts: EndingsParts

  constructor(parts: EndingsParts) {
    this.#parts = parts
  }

  /** Nothing that came of these records can be lost any more. */
  settle(places: readonly Span[]): void {
    if (places.length === 0) return
    const { inQueue, replays, checkpoints } = this.#parts
    const [replayed, others] = [places.filter(isReplayed), places.filter((span) => !isReplayed(span))]
    for (const span of replayed) replays.settle(span)
    for (const span of others) inQueue.settle(span)
    checkpoints.settleAll(joinSpans(others.sort((a, b) => a.from - b.from)))
  }

  /** A record is given up on. */
  giveUp(piece: Piece, letter: DeadLetter): void {
    const { account, office, backlog, passed } = this.#parts
    office.keep([letter], () => {
      account.counters.deadLettered++
      this.settle([piece])
      backlog.over(piece)
      passed({ from: piece.from, to: piece.to })
    })
  }

  /** The writer has refused what is at this place: it never was in the queue. */
  refuse({ from, to }: Span, refused: Messages['refused']): void {
    const { account, office, checkpoints } = this.#parts
    office.keep([letterOfRefusal(refused)], () => {
      account.counters.deadLettered++
      checkpoints.settle(from, to)
    })
  }
}

const isReplayed = ({ from }: Span): boolean => isReplay(from)
