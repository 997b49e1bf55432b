import type { Holding } from '../../flow/ledger.js'
import type { Message } from '../../link/messages.js'
import type { Checkpoints } from '../checkpoints.js'
import type { ChildProcess, LinkEnd } from '../processes/child-process.js'
import { LETTERS } from '../topology.js'
import { LetterDelivery } from './letter-delivery.js'
import type { Letters } from './open-letters.js'
import type { Stages } from './stages.js'
import type { Casualty } from './suspects.js'

/** What came of the death of a process. */
export interface Loss {
  /** Records that it had in hand; they go out again. */
  readonly returned: number
  /** Whether records are to blame. */
  readonly named: boolean
  /** Whether it had taken up its role. */
  readonly attached: boolean
}

/** Where processes of one role meet the flow: what all of them have in common, whatever they are sent. */
export interface End {
  attach(child: LinkEnd): void
  /** The process is gone; what it held goes out again. */
  detach(key: string, casualty: Casualty | undefined): Omit<Loss, 'returned'>
  /** Takes it out of the flow: it is lent, or granted, no more. */
  drain(key: string): void
  /** Whether it has nothing left to hand over after that. */
  drained(key: string): boolean
  inHand(key: string): number
  /** What it holds, in the order it was lent. */
  holdings(key: string): readonly Holding[]
  credit(key: string): number
  /** Takes in what it says about data. */
  hear(key: string, message: Message): void
}

/** The ends of all roles. */
export class Ends {
  readonly #writer: End
  readonly #workers: End
  readonly #sender: End | undefined
  readonly #letters: End | undefined

  constructor(stages: Stages, letters: Letters, checkpoints: Checkpoints) {
    this.#writer = writerEnd(stages, checkpoints)
    this.#workers = workersEnd(stages)
    this.#sender = senderEnd(stages, checkpoints)
    this.#letters = letters instanceof LetterDelivery ? lettersEnd(letters) : undefined
  }

  /** Undefined for a process that this pipeline has no use for. */
  of({ place }: Pick<ChildProcess, 'place'>): End | undefined {
    if (place === LETTERS) return this.#letters
    if (place.role === 'writer') return this.#writer
    return place.role === 'worker' ? this.#workers : this.#sender
  }
}

const writerEnd = ({ intake, reader, endings }: Stages, checkpoints: Checkpoints): End => ({
  attach: (writer) => intake.attach(writer),
  detach: (key) => {
    const attached = intake.detach(key)
    if (attached) checkpoints.writerLost()
    return { named: false, attached }
  },
  drain: () => intake.drain(),
  drained: () => intake.drained,
  inHand: () => 0,
  holdings: () => [],
  credit: () => intake.granted,
  hear: (_, { kind, body, payload }) => {
    if (kind === 'batch') {
      if (body.bytes !== undefined) reader.expect(payload)
      intake.accept(body, payload)
    } else if (kind === 'refused') endings.refuse(intake.acceptRefused(body), body)
    else if (kind === 'skipped') intake.acceptSkipped(body)
    else if (kind === 'end') {
      intake.end()
      if (intake.exhausted) checkpoints.touch()
    } else if (kind === 'committed') checkpoints.committed()
  },
})

const workersEnd = ({ dispatch }: Stages): End => ({
  attach: (worker) => dispatch.attach(worker),
  detach: (key, casualty) => ({ named: dispatch.detach(key, casualty), attached: true }),
  drain: (key) => dispatch.drain(key),
  drained: (key) => dispatch.inHand(key) === 0,
  inHand: (key) => dispatch.inHand(key),
  holdings: (key) => dispatch.holdings(key),
  credit: (key) => dispatch.creditOf(key),
  hear: (key, { kind, body, payload }) => {
    if (kind === 'report') dispatch.report(key, body, payload)
    else if (kind === 'ready') dispatch.ready(key, body)
    else if (kind === 'need') dispatch.need(key, body)
    else if (kind === 'begin') dispatch.begin(key, body)
    else if (kind === 'overdue') dispatch.overdue(key, body)
  },
})

const senderEnd = ({ delivery }: Stages, checkpoints: Checkpoints): End | undefined =>
  delivery && {
    attach: (sender) => delivery.attach(sender),
    detach: (key) => {
      const attached = delivery.detach(key)
      if (attached) checkpoints.senderLost()
      return { named: false, attached }
    },
    drain: () => delivery.drain(),
    drained: (key) => delivery.inHand(key) === 0,
    inHand: (key) => delivery.inHand(key),
    holdings: (key) => delivery.holdings(key),
    credit: () => delivery.credit,
    hear: (key, { kind, body }) => {
      if (kind === 'confirm') delivery.confirm(key, body)
      else if (kind === 'ready') delivery.ready(body)
      else if (kind === 'mark') delivery.mark(key, body)
      else if (kind === 'synced') delivery.synced(key)
    },
  }

/** Of letters nothing is told but how many they are. */
const lettersEnd = (letters: LetterDelivery): End => ({
  attach: (sender) => letters.attach(sender),
  detach: (key) => {
    letters.detach(key)
    return { named: false, attached: true }
  },
  // Letters are delivered until the very end.
  drain: () => {},
  drained: () => letters.inHand === 0,
  inHand: () => letters.inHand,
  holdings: () => [],
  credit: () => letters.credit,
  hear: (key, message) => letters.message(key, message),
})
