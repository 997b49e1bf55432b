import { parseArgs } from 'node:util'

/** What a command line asks for. */
export interface Arguments {
  /** Names of scenarios; empty for all. */
  readonly scenarios: readonly string[]
  /** Small amounts, to see that everything works; the figures mean nothing. */
  readonly quick: boolean
  readonly rounds: number
  /** Where the results go; undefined for nowhere but the terminal. */
  readonly results: string | undefined
}

const RESULTS = 'bench/results.md'

export const usage = (
  names: readonly string[],
): string => `npm run bench [-- SCENARIO… [--quick] [--rounds N] [--results FILE]]

Measures millrace beside whatever else does the same work, in the same run: in each round every
contender runs once. Prints medians over the rounds (5), least and most, and whether the goals are met,
and writes them to ${RESULTS}. --quick takes small amounts and one round, to see that everything works;
its figures mean nothing, and it writes them only where --results says.

  scenarios: ${names.join(', ')}`

/**
 * @param names of all scenarios
 * @throws Error with a message for whoever typed it
 */
export function readArguments(argv: readonly string[], names: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      results: { type: 'string' },
    },
  })
  const { quick, rounds = quick ? '1' : '5', results = quick ? undefined : RESULTS } = values
  const unknown = positionals.find((name) => !names.includes(name))
  if (unknown !== undefined) {
    throw new Error(`there is no scenario ${unknown}; there are ${names.join(', ')}`)
  }
  if (!/^[1-9]\d*$/.test(rounds)) throw new Error(`--rounds ${rounds} is not a whole number of at least 1`)
  return { scenarios: positionals, quick, rounds: Number(rounds), results }
}
