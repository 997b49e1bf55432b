import fc from 'fast-check'
import type { Test } from 'tap'
import { fits } from '../../src/model/amount.js'
import { amountOf, type Batch, cut, type Piece } from '../../src/model/batch.js'
import { Ranges } from '../../src/model/ranges.js'
import type { Queue } from '../../src/queue/contract.js'
import { byteRange, everything, recordsOf, resultsOf } from './batches.js'
import type { Subject } from './contract.js'
import { Recorder } from './recorder.js'

const capacity = { records: 20, bytes: 400 }

interface TakeStep {
  readonly do: 'take'
  readonly records: number
  readonly bytes: number
  /** Places from the first waiting one to where it is to stop, if it is. */
  readonly reach: number | undefined
}

type Step =
  | { readonly do: 'offer'; readonly batch: Batch; readonly gap: number }
  | TakeStep
  | {
      readonly do: 'giveBack' | 'decide' | 'setAside' | 'settle'
      readonly which: number
      readonly part: number
    }

const batches = fc.oneof(
  fc.tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 30 })).map(([n, b]) => recordsOf(n, b)),
  fc.integer({ min: 1, max: 5000 }).map(byteRange),
  fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }).map((counts) => resultsOf(counts)),
)

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('offer' as const),
    batch: batches,
    gap: fc.oneof(fc.constant(0), fc.nat(1000)),
  }),
  fc.record({
    do: fc.constant('take' as const),
    records: fc.integer({ min: 0, max: 12 }),
    bytes: fc.integer({ min: 0, max: 200 }),
    reach: fc.option(fc.nat(9), { nil: undefined }),
  }),
  fc.record({
    do: fc.constantFrom('giveBack' as const, 'decide' as const, 'setAside' as const, 'settle' as const),
    which: fc.nat(100),
    part: fc.nat(100),
  }),
)

/**
 * Lets random things happen to a queue beside a plain model of it: the sets of places that wait,
 * are taken, are decided and are settled. Then works off the rest, and looks whether it adds up.
 */
export async function settlesEverythingOnce(t: Test, { open, runs }: Subject): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 60 }), async (history) => {
      const recorder = new Recorder()
      const queue = await open(capacity, recorder)
      const model = new Model(queue, recorder)
      for (const step of history) await model.apply(step)
      await model.workOff()
      await queue.close()
    }),
    { numRuns: runs, endOnFailure: runs < 50 },
  )
  t.pass(`${runs} histories`)
}

class Model {
  readonly #queue: Queue
  readonly #recorder: Recorder
  readonly #offered = new Ranges()
  readonly #waiting = new Ranges()
  readonly #settled = new Ranges()
  #taken: Piece[] = []
  #decided: Piece[] = []
  #nextPlace = 0
  #waitingRecords = 0
  #held = { records: 0, bytes: 0 }

  constructor(queue: Queue, recorder: Recorder) {
    this.#queue = queue
    this.#recorder = recorder
  }

  async apply(step: Step): Promise<void> {
    if (step.do === 'offer') this.#offer(step.batch, this.#nextPlace + step.gap)
    else if (step.do === 'take') await this.#take(step)
    else this.#move(step.do, step.which, step.part)
    this.#expect(this.#queue.size, this.#held, 'size')
  }

  async workOff(): Promise<void> {
    while (this.#waiting.size > 0) await this.#take({ ...everything, do: 'take', reach: undefined })
    while (this.#taken.length > 0) this.#move('decide', 0, 0)
    while (this.#decided.length > 0) this.#move('settle', 0, 0)
    await this.#recorder.until(() => this.#queue.empty)
    this.#expect([...this.#settled], [...this.#offered], 'settled')
    this.#expect(this.#queue.size, { records: 0, bytes: 0 }, 'size at the end')
    this.#expect(this.#queue.room, capacity, 'room at the end')
  }

  #offer(batch: Batch, from: number): void {
    const to = from + batch.width
    const amount = amountOf({ batch, from, to, skip: 0 })
    if (!fits(amount, this.#queue.room)) return
    this.#queue.offer(batch, from)
    this.#nextPlace = to
    this.#offered.add(from, to)
    this.#waiting.add(from, to)
    this.#waitingRecords += amount.records
    this.#count(1, amount.records, amount.bytes)
    if (!fits(this.#held, capacity)) throw new Error('more than the capacity was let in')
  }

  async #take({ reach, ...limit }: TakeStep): Promise<void> {
    await this.#recorder.until(() => this.#queue.waiting === this.#waitingRecords)
    const before = reach === undefined ? undefined : (this.#waiting.first?.from ?? 0) + reach
    const piece = this.#queue.take(limit, before)
    if (!piece) {
      const due = this.#waiting.size > 0 && limit.records > 0 && limit.bytes > 0 && before === undefined
      this.#expect(due, false, 'something to take')
      return
    }
    this.#expect(piece.from, this.#waiting.first?.from, 'the head of the queue')
    if (before !== undefined && piece.to > before) throw new Error(`took to ${piece.to}, before ${before}`)
    this.#expect(this.#waiting.remove(piece.from, piece.to), piece.to - piece.from, 'not taken before')
    this.#expectWithin(piece, limit)
    this.#waitingRecords -= amountOf(piece).records
    this.#taken.push(piece)
  }

  /** One record may be beyond the limit, with all of its results; never more than that. */
  #expectWithin(piece: Piece, limit: { readonly records: number; readonly bytes: number }): void {
    const { batch, from, to, skip } = piece
    if (batch.count === undefined || fits(amountOf(piece), limit)) return
    const { deltas } = batch.origins ?? {}
    const oneRecord = deltas ? deltas[skip] === deltas[skip + to - from - 1] : to - from === 1
    if (!oneRecord) throw new Error(`took ${JSON.stringify(amountOf(piece))} on ${JSON.stringify(limit)}`)
  }

  #move(verb: 'giveBack' | 'decide' | 'setAside' | 'settle', which: number, part: number): void {
    const from = verb === 'settle' ? this.#decided : this.#taken
    if (from.length === 0) return
    const [picked] = from.splice(which % from.length, 1)
    const piece = this.#cutOff(picked!, part, from)
    if (verb === 'settle') {
      this.#queue.settle({ from: piece.from, to: piece.to })
      this.#expect(this.#settled.add(piece.from, piece.to), piece.to - piece.from, 'settled once')
      return
    }
    this.#queue[verb](piece)
    const { records, bytes } = amountOf(piece)
    if (verb === 'giveBack') {
      this.#waiting.add(piece.from, piece.to)
      this.#waitingRecords += records
    } else {
      this.#decided.push(piece)
      this.#count(-1, records, bytes)
    }
  }

  /** The beginning of a piece; the rest stays where it was. Only records that were counted can be parted. */
  #cutOff(piece: Piece, part: number, rest: Piece[]): Piece {
    const places = piece.to - piece.from
    if (piece.batch.count === undefined || piece.batch.origins || part % 2 === 0 || places < 2) return piece
    const at = piece.from + 1 + (part % (places - 1))
    rest.push(cut(piece, at, piece.to))
    return cut(piece, piece.from, at)
  }

  #count(sign: 1 | -1, records: number, bytes: number): void {
    this.#held = { records: this.#held.records + sign * records, bytes: this.#held.bytes + sign * bytes }
  }

  #expect(found: unknown, wanted: unknown, what: string): void {
    const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)]
    if (a !== b) throw new Error(`${what}: ${a}, expected ${b}`)
  }
}
