import { Ranges } from '../model/ranges.js'
import { type Span, widthOf } from '../model/span.js'
import { InvariantError } from './invariant.js'

/** How far a stream is settled: what a checkpoint says of its source. */
export interface Reached {
  /** JSON: where the source resumes; absent at its very beginning. */
  readonly position?: string
  /** Place of the first record behind the position. */
  readonly place: number
  /** What is settled behind the position, although something before it is not. */
  readonly settledBeyond: readonly Span[]
}

/** Marks that are kept whether they can be reached or not: as many as there are batches in flight as a rule. */
export const FEW_MARKS = 64

/** After the records before `place`, the source resumes at `position`. */
interface Mark {
  readonly place: number
  readonly position?: string
}

/**
 * The line before which everything is settled, and the islands beyond it.
 *
 * ```
 *   settled ███████████│░░░███░░██████░░░░░░░   read
 *                 mark ┘  islands
 * ```
 *
 * Settled places are kept as runs. A source has a position only behind each batch that it handed
 * over, so the line stands at the last such mark. Of the marks within an island only the last can
 * ever be reached, so one record that is stuck for hours costs the memory of one island.
 */
export class Frontier {
  /** Everything before it is settled. */
  #line: number
  /** What is settled beyond the line. */
  readonly #islands = new Ranges()
  /** In order; the first one is at the line or the last before it. */
  readonly #marks: Mark[]
  #read: number

  constructor({ position, place, settledBeyond }: Reached) {
    this.#line = place
    this.#read = place
    this.#marks = [{ place, ...(position !== undefined && { position }) }]
    for (const { from, to } of settledBeyond) this.#islands.add(from, to)
    this.#advance()
  }

  /** Positions that are kept. */
  get marks(): number {
    return this.#marks.length
  }

  /** Everything that was read is settled. */
  get complete(): boolean {
    return this.#line >= this.#read
  }

  /** The source handed over everything before `place`; after that it resumes at `position`. */
  read(place: number, position: string): void {
    if (place < this.#read) throw new InvariantError(`place ${place} was read after ${this.#read}`)
    this.#read = place
    this.#marks.push({ place, position })
    this.#dropMarks()
    this.#thinOut(place - 1)
  }

  /** Nothing that came of these places can be lost any more. Throws when they were settled before. */
  settle(from: number, to: number): void {
    this.settleAll([{ from, to }])
  }

  /** The same for many at once, in order and apart from each other: much cheaper than one by one. */
  settleAll(spans: readonly Span[]): void {
    const [first] = spans
    if (!first) return
    const width = spans.reduce((sum, span) => sum + widthOf(span), 0)
    if (first.from < this.#line || this.#islands.addAll(spans) !== width) {
      throw new InvariantError(`some of the places ${first.from} to ${spans.at(-1)!.to} were settled twice`)
    }
    this.#advance()
    for (const { from } of spans) this.#thinOut(from)
  }

  reached(): Reached {
    const mark = this.#marks[0]!
    const partOfBatch = this.#line > mark.place ? [{ from: mark.place, to: this.#line }] : []
    const islands = [...this.#islands].map(({ from, to }) => ({ from, to }))
    return { ...mark, settledBeyond: [...partOfBatch, ...islands] }
  }

  /** The line moves over an island that it has come to. */
  #advance(): void {
    const { first } = this.#islands
    if (first && first.from <= this.#line) {
      const { from, to } = first
      this.#line = Math.max(this.#line, to)
      this.#islands.remove(from, to)
    }
    this.#dropMarks()
  }

  #dropMarks(): void {
    let passed = 0
    while (passed + 1 < this.#marks.length && this.#marks[passed + 1]!.place <= this.#line) passed++
    if (passed > 0) this.#marks.splice(0, passed)
  }

  /** Of the marks within the island at `place`, leaves the last; not worth it before they are many. */
  #thinOut(place: number): void {
    if (this.#marks.length <= FEW_MARKS) return
    const island = this.#islands.around(place)
    if (!island) return
    const first = this.#firstMarkFrom(island.from)
    const behind = this.#firstMarkFrom(island.to + 1)
    if (behind - first > 1) this.#marks.splice(first, behind - first - 1)
  }

  #firstMarkFrom(place: number): number {
    let low = 0
    let high = this.#marks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#marks[middle]!.place >= place) high = middle
      else low = middle + 1
    }
    return low
  }
}
