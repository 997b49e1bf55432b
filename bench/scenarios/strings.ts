import { PYTHON, poolsOf } from '../peers.js'
import { program } from '../programs.js'
import type { Scenario } from '../scenario.js'
import { FIRST_TO_LAST, millraceOf, perSecond } from '../throughput.js'

/** Bytes to be copied: no two strings are alike, so that none can be sent by reference to another. */
export const strings: Scenario = {
  name: 'strings',
  what: 'Strings of 200 bytes, all different, upper-cased.',
  measured: FIRST_TO_LAST,
  figures: perSecond,
  goals: [{ says: '2 × Python at its best chunk size', figure: 'perSecond', against: PYTHON, atLeast: 2 }],
  prepare: (surroundings) => [
    millraceOf(
      surroundings,
      {
        source: (records) => ['--from', program('writers/strings.mjs'), '--limit', String(records)],
        worker: program('handlers/strings.mjs'),
      },
      10_000_000,
    ),
    ...poolsOf(surroundings, 'strings', { one: 80_000, few: 600_000, many: 1_000_000, loop: 10_000_000 }),
  ],
}
