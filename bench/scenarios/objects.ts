import { PYTHON, poolsOf } from '../peers.js'
import { program } from '../programs.js'
import type { Scenario } from '../scenario.js'
import { FIRST_TO_LAST, millraceOf, perSecond } from '../throughput.js'

/** What most records look like. */
export const objects: Scenario = {
  name: 'objects',
  what: 'Objects of three fields; the handler makes a new one of four.',
  measured: FIRST_TO_LAST,
  figures: perSecond,
  goals: [
    { says: '1.8 × Python at its best chunk size', figure: 'perSecond', against: PYTHON, atLeast: 1.8 },
  ],
  prepare: (surroundings) => [
    millraceOf(
      surroundings,
      {
        source: (records) => ['--from', program('writers/objects.mjs'), '--limit', String(records)],
        worker: program('handlers/objects.mjs'),
      },
      10_000_000,
    ),
    ...poolsOf(surroundings, 'objects', { one: 80_000, few: 1_000_000, many: 1_500_000, loop: 50_000_000 }),
  ],
}
