import { PISCINA, PYTHON, poolsOf } from '../peers.js'
import { program } from '../programs.js'
import type { Scenario } from '../scenario.js'
import { FIRST_TO_LAST, millraceOf, perSecond } from '../throughput.js'

/** The smallest record there is: what moving it costs is all that it costs. */
export const integers: Scenario = {
  name: 'integers',
  what: 'Small integers, to each of which one is added, by default settings (`count:N` → worker → `null:`).',
  measured: FIRST_TO_LAST,
  figures: perSecond,
  goals: [
    { says: '1.3 × Python at its best chunk size', figure: 'perSecond', against: PYTHON, atLeast: 1.3 },
    { says: '60 × piscina', figure: 'perSecond', against: [PISCINA], atLeast: 60 },
  ],
  prepare: (surroundings) => [
    millraceOf(
      surroundings,
      { source: (records) => ['--from', `count:${records}`], worker: program('handlers/integers.mjs') },
      40_000_000,
    ),
    ...poolsOf(surroundings, 'integers', {
      one: 80_000,
      few: 2_000_000,
      many: 10_000_000,
      loop: 200_000_000,
    }),
  ],
}
