import fc from 'fast-check'
import t from 'tap'
import { BoundedQueue } from '../../src/flow/bounded-queue.js'
import { KeyGate } from '../../src/flow/key-gate.js'
import { cut, type Piece } from '../../src/model/batch.js'
import { everything, recordsOf } from '../queue/batches.js'
import { Hands } from './hands.js'

type Key = string | undefined

const pieceOf = (from: number, width: number): Piece => ({
  batch: recordsOf(width),
  from,
  to: from + width,
  skip: 0,
})

const spans = (pieces: readonly Piece[]) => pieces.map(({ from, to }) => [from, to])

const anyStep = fc.record({
  verb: fc.constantFrom('offer', 'take', 'take', 'finish', 'finish', 'die', 'fail', 'retry'),
  width: fc.integer({ min: 1, max: 9 }),
  which: fc.nat(),
})
type Step = typeof anyStep extends fc.Arbitrary<infer One> ? One : never

/** By itself fast-check keeps arrays at some five items, in which little can overlap. */
const histories = fc.array(anyStep, { maxLength: 120, size: 'max' })

/** The keys of a stream, over and over: all the same, none at all, and anything between. */
const keyPatterns = fc.array(fc.option(fc.constantFrom('a', 'b', 'c', '__proto__'), { nil: undefined }), {
  minLength: 1,
  maxLength: 12,
})

/** Workers behind a gate, that finish, fail and die; throws when one of them should not have a record. */
class Workers {
  readonly gate = new KeyGate()
  readonly #keys: readonly Key[]
  readonly #queue = new BoundedQueue(everything)
  readonly #hands = new Hands()
  readonly #retries = new Hands()
  /** Of each key, the record that was begun and is not over. */
  readonly #underWay = new Map<string, number>()
  readonly #lastOver = new Map<string, number>()
  readonly #over = new Set<number>()
  #next = 0
  /** One beyond the last place that was taken. */
  #taken = 0

  constructor(keys: readonly Key[]) {
    this.#keys = keys
  }

  step({ verb, width, which }: Step): void {
    switch (verb) {
      case 'offer':
        this.#queue.offer(recordsOf(width), this.#next)
        this.#next += width
        break
      case 'take':
        this.#take(width)
        break
      case 'finish':
        for (const piece of this.#hands.pickPart(which, width)) this.#finish(piece)
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
  }

  /** Goes on until there is nothing that could be done. Whether every record is over. */
  end(): boolean {
    for (let busy = true; busy; ) {
      busy = this.#take(5)
      for (const piece of [...this.#retries.pickAll(), ...this.#hands.pickAll()]) {
        this.#finish(piece)
        busy = true
      }
    }
    return this.#over.size === this.#next && this.gate.parked === 0 && this.#underWay.size === 0
  }

  /** Records that were taken, and are neither over nor begun: only a key that is held explains them. */
  parked(): number {
    let parked = 0
    for (let place = 0; place < this.#taken; place++) {
      const key = this.#keyOf(place)
      if (this.#over.has(place) || key === undefined) continue
      const holder = this.#underWay.get(key)
      if (holder === undefined) throw new Error(`${place} waits for nothing`)
      if (holder !== place) parked++
    }
    return parked
  }

  #take(records: number): boolean {
    const piece = this.#queue.take({ ...everything, records })
    if (!piece) return false
    const { from, to } = piece
    this.#taken = Math.max(this.#taken, to)
    const keys = Array.from({ length: to - from }, (_, i) => this.#keyOf(from + i))
    let last = -1
    for (const run of this.gate.admit(piece, keys)) {
      if (run.from <= last || run.to <= run.from) throw new Error('runs are not the longest')
      if (run.skip !== piece.skip + run.from - from) throw new Error('a run is cut wrong')
      last = run.to
      this.#begin(run)
    }
    return true
  }

  #begin(run: Piece): void {
    for (let place = run.from; place < run.to; place++) {
      const key = this.#keyOf(place)
      if (this.#over.has(place)) throw new Error(`${place} comes twice`)
      if (key === undefined) continue
      const holder = this.#underWay.get(key)
      if (holder !== undefined && holder !== place) throw new Error(`${holder} and ${place} at a time`)
      if ((this.#lastOver.get(key) ?? -1) > place) throw new Error(`${place} comes too late`)
      this.#underWay.set(key, place)
    }
    this.#hands.put(run)
  }

  #finish({ from, to }: Piece): void {
    for (let place = from; place < to; place++) {
      const key = this.#keyOf(place)
      if (this.#over.has(place)) throw new Error(`${place} is over twice`)
      this.#over.add(place)
      if (key === undefined) continue
      this.#underWay.delete(key)
      this.#lastOver.set(key, place)
      const following = this.gate.release(place, key)
      if (following) this.#begin(following)
    }
  }

  #keyOf(place: number): Key {
    return this.#keys[place % this.#keys.length]
  }
}

t.test(
  'records of one key are worked on in order and one at a time, and each once, whoever fails or dies',
  async (t) => {
    fc.assert(
      fc.property(histories, keyPatterns, (history, keys) => {
        const workers = new Workers(keys)
        for (const step of history) {
          workers.step(step)
          if (workers.gate.parked !== workers.parked()) return false
        }
        return workers.end()
      }),
      { numRuns: 1000 },
    )
    t.pass()
  },
)

t.test('a record that waits for a retry holds up only its own key', async (t) => {
  const gate = new KeyGate()
  const keys = ['slow', 'a', 'slow', undefined, 'a', 'b']
  t.same(spans(gate.admit(pieceOf(0, 6), keys)), [
    [0, 2],
    [3, 4],
    [5, 6],
  ])
  t.same(spans([gate.release(1, 'a')!]), [[4, 5]])
  t.equal(gate.release(4, 'a'), undefined)
  t.equal(gate.release(5, 'b'), undefined)
  t.same(spans(gate.admit(pieceOf(6, 4), ['a', 'b', 'slow', 'c'])), [
    [6, 8],
    [9, 10],
  ])
  t.equal(gate.parked, 2)
  t.same(spans([gate.release(0, 'slow')!]), [[2, 3]])
  t.same(spans([gate.release(2, 'slow')!]), [[8, 9]])
  t.equal(gate.release(8, 'slow'), undefined)
  t.equal(gate.parked, 0)
})

t.test('what a dead worker gives back goes again, before later records of its keys', async (t) => {
  const gate = new KeyGate()
  const piece = pieceOf(0, 4)
  const keys = ['a', 'b', 'a', 'b']
  const [lent] = gate.admit(piece, keys)
  t.same(spans([lent!]), [[0, 2]])
  gate.release(0, 'a')
  t.same(spans(gate.admit(cut(piece, 1, 2), ['b'])), [[1, 2]])
  t.same(spans(gate.admit(cut(piece, 2, 3), ['a'])), [[2, 3]], 'the parked one that was let go, too')
  t.equal(gate.parked, 1)
})

t.test('a piece of which no key is held, or which has no keys, goes as it is', async (t) => {
  const gate = new KeyGate()
  const [keyed, plain] = [pieceOf(0, 3), pieceOf(3, 2)]
  t.equal(gate.admit(keyed, ['a', 'b', 'c'])[0], keyed)
  t.equal(gate.admit(plain, [undefined, undefined])[0], plain)
})

t.test('a stream of one key goes through one by one, in order', async (t) => {
  const gate = new KeyGate()
  const count = 5000
  const gone: number[] = []
  let [next] = gate.admit(pieceOf(0, count), new Array<string>(count).fill('only'))
  t.equal(gate.parked, count - 1)
  while (next) {
    if (next.to !== next.from + 1) t.fail(`${next.from} to ${next.to} at a time`)
    gone.push(next.from)
    next = gate.release(next.from, 'only')
  }
  t.same(gone, [...Array(count).keys()])
  t.equal(gate.parked, 0)
})

t.test('a record that is over twice, or comes after a later one of its key, is refused', async (t) => {
  const gate = new KeyGate()
  gate.admit(pieceOf(4, 3), ['a', 'a', 'b'])
  t.throws(() => gate.release(5, 'a'), { name: 'InvariantError', message: /place 5/ }, 'it is parked')
  t.throws(() => gate.release(4, 'b'), { name: 'InvariantError' }, 'another key')
  t.throws(() => gate.release(4, 'never seen'), { name: 'InvariantError' })
  t.throws(
    () => gate.admit(pieceOf(3, 1), ['a']),
    { name: 'InvariantError' },
    'before the one that is under way',
  )
  t.throws(() => gate.admit(pieceOf(5, 1), ['a']), { name: 'InvariantError' }, 'parked already')
  t.throws(() => gate.admit(pieceOf(7, 2), ['a']), { name: 'InvariantError' }, 'a key is missing')
  t.equal(gate.release(6, 'b'), undefined)
  t.throws(() => gate.release(6, 'b'), { name: 'InvariantError' }, 'over twice')
})
