import type { Contender, Figures } from './contender.js'

/** What every round found out, by contender. */
export type Measured = ReadonlyMap<string, readonly Figures[]>

/**
 * Lets every contender run once a round, so that whatever else the machine does falls on all of them;
 * every other round goes backwards, so that none always follows the same neighbour.
 *
 * @param tell is told of each run when it is over
 */
export async function runRounds(
  contenders: readonly Contender[],
  rounds: number,
  tell: (round: number, contender: Contender, figures: Figures) => void,
): Promise<Measured> {
  const measured = new Map<string, Figures[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const contender of round % 2 === 1 ? contenders : contenders.toReversed()) {
      const figures = await contender.run()
      measured.get(contender.name)!.push(figures)
      tell(round, contender, figures)
    }
  }
  return measured
}
