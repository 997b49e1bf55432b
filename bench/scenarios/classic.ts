import { peer } from '../peers.js'
import { program } from '../programs.js'
import type { Scenario } from '../scenario.js'
import { FIRST_TO_LAST, millraceOf, perSecond } from '../throughput.js'

const PROGRAM = 'the Python program'

/** Queues of ten leave no room for large batches: nearly every record is a message of its own. */
export const classic: Scenario = {
  name: 'classic',
  what: 'The program of `examples/classic` without its sleeps: a writer, three workers and a sender, joined by queues of 10.',
  measured: FIRST_TO_LAST,
  figures: perSecond,
  goals: [{ says: '60 × the Python program', figure: 'perSecond', against: [PROGRAM], atLeast: 60 }],
  prepare: (surroundings) => [
    millraceOf(
      surroundings,
      {
        source: (records) => ['--from', program('writers/numbers.mjs'), '--limit', String(records)],
        worker: program('handlers/text.mjs'),
        to: program('senders/nowhere.mjs'),
        flags: ['--workers', '3', '--in-queue', '10', '--out-queue', '10'],
      },
      150_000,
    ),
    peer(surroundings, {
      name: PROGRAM,
      needs: 'python3',
      file: 'pools/classic.py',
      job: {},
      records: 3000,
    }),
  ],
}
