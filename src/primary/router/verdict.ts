import { type Holding, partOf } from '../../flow/ledger.js'
import type { Port, Sentence } from './port.js'
import type { Casualty } from './suspects.js'

/** Who is to blame for the death of a worker, of the records in its hand. */
export interface Verdict {
  /** Each the only record at work, as far as can be known; one place each. */
  readonly guilty: readonly Holding[]
  /** One of these may have been at work. None, where somebody is guilty. */
  readonly suspects: readonly Holding[]
  readonly innocent: readonly Holding[]
  readonly cause: Casualty
}

/**
 * A worker died with these in its hand. The guilty are those that it was killed for, or else the
 * one that it had announced; nobody, if it was neither. Then the one that its bookmark was at is
 * a suspect, or without one all of them.
 */
export function verdictOn(
  { sentence, begun }: Readonly<Port>,
  holdings: readonly Holding[],
  casualty: Casualty,
): Verdict {
  const cause = sentence ? sentencedTo(sentence, casualty) : casualty
  const named = pick(holdings, sentence?.places ?? placesOf(begun))
  if (named.picked.length > 0) return { guilty: named.picked, suspects: [], innocent: named.rest, cause }
  if (casualty.atWork === undefined) return { guilty: [], suspects: holdings, innocent: [], cause }
  const { picked, rest } = pick(holdings, placesOf(casualty.atWork))
  return { guilty: [], suspects: picked, innocent: rest, cause }
}

const placesOf = (place: number | undefined): number[] => (place === undefined ? [] : [place])

/** Takes these places out of holdings, each as a holding of its own. */
function pick(holdings: readonly Holding[], wanted: readonly number[]) {
  const places = new Set(wanted)
  const parts = holdings.flatMap((holding) => partsAround(holding, places))
  return {
    picked: parts.filter(({ piece }) => places.has(piece.from)),
    rest: parts.filter(({ piece }) => !places.has(piece.from)),
  }
}

const sentencedTo = ({ name, how, stack }: Sentence, casualty: Casualty): Casualty => ({
  ...casualty,
  name,
  how,
  trace: stack ?? casualty.trace,
})

/** A holding in parts, so that each of these places is one of its own. */
function partsAround(holding: Holding, places: ReadonlySet<number>): Holding[] {
  const { from, to } = holding.piece
  const alone = [...places].filter((place) => from <= place && place < to).sort((a, b) => a - b)
  const borders = [...new Set([from, ...alone.flatMap((place) => [place, place + 1]), to])]
  return borders.slice(1).map((border, index) => partOf(holding, borders[index]!, border))
}
