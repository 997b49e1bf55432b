import type { Origins, Piece } from '../../model/batch.js'
import { recordsBehind } from '../../model/origins.js'
import type { Span } from '../../model/span.js'

/** Results that complete their records. */
export interface Completed extends Span {
  readonly records: number
  /** How many of the records had a result that the sink refused. */
  readonly dead: number
}

interface Open {
  readonly from: number
  readonly to: number
  left: number
  dead: boolean
}

/**
 * Which records are complete: a sink may confirm the results of one record one by one, and a
 * record counts, and settles, when all of them are confirmed or refused.
 */
export class Completion {
  /** Records of which some results are confirmed, by their place in the in-queue. */
  readonly #open = new Map<number, Open>()

  /** The results in `piece` are confirmed, but for those at the places that were refused. */
  add(piece: Piece, refused: ReadonlySet<number>): Completed[] {
    const { batch, from, to, skip } = piece
    const origins = batch.origins ?? { from: 0 }
    const { deltas } = origins
    const base = from - skip
    let begin = skip
    let end = skip + to - from
    const completed: Completed[] = []
    const addPart = (partBegin: number, partEnd: number): void => {
      const whole = this.#addPart(origins, { from: base + partBegin, to: base + partEnd }, base, refused)
      if (whole) completed.push(whole)
    }
    if (deltas) {
      // Only the first and the last record of a piece can have results outside of it.
      const firstEnd = runEnd(deltas, begin, end)
      if (deltas[begin - 1] === deltas[begin] || (firstEnd === end && deltas[end] === deltas[begin])) {
        addPart(begin, firstEnd)
        begin = firstEnd
      }
      if (begin < end && deltas[end] === deltas[end - 1]) {
        const lastBegin = runBegin(deltas, end, begin)
        addPart(lastBegin, end)
        end = lastBegin
      }
    }
    if (begin < end) {
      const span = { from: base + begin, to: base + end }
      const dead = deadIn(origins, span, base, refused)
      completed.push({ ...span, records: recordsBehind(origins, begin, end), dead })
    }
    return completed
  }

  #addPart(origins: Origins, part: Span, base: number, refused: ReadonlySet<number>): Completed | undefined {
    const deltas = origins.deltas!
    const record = origins.from + deltas[part.from - base]!
    let open = this.#open.get(record)
    if (!open) {
      const from = base + runBegin(deltas, part.from - base + 1, 0)
      const to = base + runEnd(deltas, part.from - base, deltas.length)
      open = { from, to, left: to - from, dead: false }
      this.#open.set(record, open)
    }
    open.left -= part.to - part.from
    open.dead ||= deadIn(origins, part, base, refused) > 0
    if (open.left > 0) return undefined
    this.#open.delete(record)
    return { from: open.from, to: open.to, records: 1, dead: open.dead ? 1 : 0 }
  }
}

/** How many records have a refused result in the span. */
function deadIn({ deltas }: Origins, { from, to }: Span, base: number, refused: ReadonlySet<number>): number {
  if (refused.size === 0) return 0
  const dead = new Set<number>()
  for (let place = from; place < to; place++) {
    if (refused.has(place)) dead.add(deltas?.[place - base] ?? place - base)
  }
  return dead.size
}

/** Where the results of the record at `begin` end, at most `end`. */
function runEnd(deltas: Uint32Array, begin: number, end: number): number {
  let at = begin + 1
  while (at < end && deltas[at] === deltas[begin]) at++
  return at
}

/** Where the results of the record before `end` begin, at least `begin`. */
function runBegin(deltas: Uint32Array, end: number, begin: number): number {
  let at = end - 1
  while (at > begin && deltas[at - 1] === deltas[end - 1]) at--
  return at
}
