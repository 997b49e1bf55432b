import fc from 'fast-check'
import t from 'tap'
import { BoundedQueue } from '../../src/flow/bounded-queue.js'
import { Sequencer } from '../../src/flow/sequencer.js'
import type { Piece } from '../../src/model/batch.js'
import { everything, recordsOf } from '../queue/batches.js'
import { Hands } from './hands.js'

/** A result is the place of its record. */
type Results = readonly number[]

const anyStep = fc.record({
  verb: fc.constantFrom('offer', 'skip', 'take', 'take', 'finish', 'finish', 'die', 'fail', 'retry'),
  width: fc.integer({ min: 1, max: 9 }),
  which: fc.nat(),
  dropped: fc.constantFrom<(place: number) => boolean>(
    () => false,
    () => true,
    (place) => place % 3 === 0,
  ),
})
type Step = typeof anyStep extends fc.Arbitrary<infer One> ? One : never

/** By itself fast-check keeps arrays at some five items, in which little can overlap. */
const histories = fc.array(anyStep, { maxLength: 120, size: 'max' })

/** Workers that finish, drop, fail, die and try again in front of a sequencer, with what came of it. */
class Workers {
  readonly sequencer: Sequencer<Results>
  readonly #queue = new BoundedQueue(everything)
  readonly #hands = new Hands()
  readonly #retries = new Hands()
  readonly #first: number
  next: number
  /** By place, from the first: `undefined` while nobody knows, then whether it has a result. */
  readonly fates: (boolean | undefined)[] = []
  readonly left: number[] = []

  constructor(first: number) {
    this.sequencer = new Sequencer(first)
    this.#first = first
    this.next = first
  }

  get awaited(): number {
    const open = this.fates.indexOf(undefined)
    return open === -1 ? this.next : this.#first + open
  }

  step({ verb, width, which, dropped }: Step): void {
    switch (verb) {
      case 'offer':
        this.#queue.offer(recordsOf(width), this.next)
        this.#number(width, undefined)
        break
      case 'skip':
        this.sequencer.pass(this.next, this.next + width)
        this.#number(width, false)
        break
      case 'take':
        this.#take(width)
        break
      case 'finish':
        for (const piece of this.#hands.pickPart(which, width)) this.#finish(piece, dropped)
        break
      case 'die':
        for (const piece of this.#hands.pick(which)) this.#queue.giveBack(piece)
        break
      case 'fail':
        this.#retries.put(...this.#hands.pickPart(which, 1))
        break
      case 'retry':
        this.#hands.put(...this.#retries.pick(which))
    }
    this.left.push(...this.sequencer.release().flat())
  }

  /** Everything that is open is finished, the last taken first. */
  end(): void {
    while (this.#take(everything.records)) {}
    for (const piece of [...this.#hands.pickAll(), ...this.#retries.pickAll()]) {
      this.#finish(piece, () => false)
    }
    this.left.push(...this.sequencer.release().flat())
  }

  #take(records: number): boolean {
    const piece = this.#queue.take({ ...everything, records })
    if (piece) this.#hands.put(piece)
    return piece !== undefined
  }

  #number(width: number, fate: boolean | undefined): void {
    this.next += width
    for (let i = 0; i < width; i++) this.fates.push(fate)
  }

  #finish({ from, to }: Piece, dropped: (place: number) => boolean): void {
    const results: number[] = []
    for (let place = from; place < to; place++) {
      this.fates[place - this.#first] = !dropped(place)
      if (!dropped(place)) results.push(place)
    }
    if (results.length > 0) this.sequencer.hold(results, from, to)
    else this.sequencer.pass(from, to)
  }
}

t.test(
  'results leave in input order, none missing and none twice, whoever drops, fails, dies or is late',
  async (t) => {
    fc.assert(
      fc.property(histories, fc.nat(1000), (history, first) => {
        const workers = new Workers(first)
        const due = (before: number) =>
          [...workers.fates.keys()]
            .map((at) => at + first)
            .filter((at) => at < before && workers.fates[at - first])
        for (const step of history) {
          workers.step(step)
          // What left is all that could: nothing waits without need.
          if (workers.sequencer.front !== workers.awaited) return false
          if (workers.left.join() !== due(workers.awaited).join()) return false
        }
        workers.end()
        return (
          workers.left.join() === due(workers.next).join() &&
          workers.sequencer.front === workers.next &&
          workers.sequencer.held === 0
        )
      }),
      { numRuns: 1000 },
    )
    t.pass()
  },
)

t.test('runs that come in order leave at once, and nothing is kept of them', async (t) => {
  const sequencer = new Sequencer<string>(7)
  sequencer.hold('a', 7, 10)
  t.same(sequencer.release(), ['a'])
  t.same(sequencer.release(), [])
  sequencer.pass(10, 10)
  sequencer.pass(10, 12)
  t.equal(sequencer.front, 12)
  t.equal(sequencer.held, 0)
})

t.test('what came early leaves when the gap before it is passed, in the order of places', async (t) => {
  const sequencer = new Sequencer<string>(0)
  sequencer.hold('c', 6, 7)
  sequencer.hold('b', 2, 4)
  sequencer.pass(4, 6)
  sequencer.hold('d', 9, 10)
  t.same(sequencer.release(), [])
  t.equal(sequencer.held, 3)
  sequencer.pass(0, 2)
  t.equal(sequencer.front, 7)
  t.same(sequencer.release(), ['b', 'c'])
  t.equal(sequencer.held, 1)
  sequencer.hold('early', 7, 9)
  t.same(sequencer.release(), ['early', 'd'])
})

t.test('no result is lost when nobody takes what may leave for a while', async (t) => {
  const sequencer = new Sequencer<number>(0)
  for (let place = 0; place < 100; place++) sequencer.hold(place, place, place + 1)
  t.equal(sequencer.held, 100)
  t.same(sequencer.release(), [...Array(100).keys()])
})

t.test('a place that is told of twice is refused, and changes nothing', async (t) => {
  const sequencer = new Sequencer<string>(5)
  sequencer.hold('a', 5, 8)
  sequencer.hold('b', 10, 12)
  sequencer.pass(14, 16)
  for (const [from, to] of [
    [4, 5],
    [5, 8],
    [7, 9],
    [8, 11],
    [8, 20],
    [11, 13],
    [10, 12],
    [13, 15],
    [15, 18],
    [9, 8],
  ] as const) {
    t.throws(() => sequencer.pass(from, to), { name: 'InvariantError' }, `pass ${from} to ${to}`)
    t.throws(() => sequencer.hold('c', from, to), { name: 'InvariantError' }, `hold ${from} to ${to}`)
  }
  t.throws(() => sequencer.hold('c', 9, 9), { name: 'InvariantError' }, 'results of no record')
  sequencer.pass(8, 10)
  sequencer.pass(12, 14)
  t.equal(sequencer.front, 16)
  t.same(sequencer.release(), ['a', 'b'])
})
