import { turnsOfAMillisecond } from '../calibration.js'
import { LOOPS, loopsOf, piscina } from '../peers.js'
import { program } from '../programs.js'
import type { Scenario } from '../scenario.js'
import { FIRST_TO_LAST, millraceOf, perSecond } from '../throughput.js'

/** How much of the cores the rest of a pipeline leaves to the handlers. */
export const cpu: Scenario = {
  name: 'cpu',
  what: 'One millisecond of computing a record.',
  measured: `${FIRST_TO_LAST} The ideal is one Node process for each core, all at once, each with its share of the records and nothing to say to the others.`,
  figures: perSecond,
  goals: [{ says: "95 % of the cores' ideal", figure: 'perSecond', against: [LOOPS], atLeast: 0.95 }],
  prepare: async (surroundings) => {
    const env = { BENCH_TURNS: await turnsOfAMillisecond(surroundings) }
    const records = 24_000
    return [
      millraceOf(
        surroundings,
        {
          source: (records) => ['--from', `count:${records}`],
          worker: program('handlers/millisecond.mjs'),
          env,
        },
        records,
      ),
      loopsOf(surroundings, { job: { work: 'millisecond' }, env, records }),
      // A task that computes shares its thread with no other.
      piscina(surroundings, { job: { work: 'millisecond', tasksPerWorker: 1 }, env, records }),
    ]
  },
}
