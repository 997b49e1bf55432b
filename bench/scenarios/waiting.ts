import { LOOP, peer, piscina } from '../peers.js'
import { program } from '../programs.js'
import type { Scenario } from '../scenario.js'
import { FIRST_TO_LAST, millraceOf, perSecond } from '../throughput.js'

const CONCURRENCY = 100
const WAIT_MS = 10

/** By arithmetic: a timer that is late, as Node's are by up to a millisecond, counts against it. */
const IDEAL = (CONCURRENCY * 1000) / WAIT_MS

/** Whether a worker that waits is kept as full as it may be. */
export const waiting: Scenario = {
  name: 'waiting',
  what: `Handlers that wait for ${WAIT_MS} ms, ${CONCURRENCY} at once in one worker.`,
  measured: `${FIRST_TO_LAST} The ideal is ${IDEAL} records a second, by arithmetic; what Node's timers make of it shows in a single process that keeps ${CONCURRENCY} calls under way.`,
  figures: perSecond,
  goals: [{ says: 'within 10 % of the ideal', figure: 'perSecond', atLeast: 0.9 * IDEAL }],
  prepare: (surroundings) => {
    const records = 50_000
    return [
      millraceOf(
        surroundings,
        {
          source: (records) => ['--from', `count:${records}`],
          worker: program('handlers/wait.mjs'),
          flags: ['--workers', '1', '--concurrency', String(CONCURRENCY)],
        },
        records,
      ),
      peer(surroundings, {
        name: `${LOOP}, ${CONCURRENCY} calls at once`,
        file: 'loop.mjs',
        job: { work: 'wait', concurrency: CONCURRENCY },
        records,
      }),
      // As many tasks in its one thread, and as many again waiting for their turn.
      piscina(surroundings, {
        job: { work: 'wait', workers: 1, tasksPerWorker: CONCURRENCY, window: 2 * CONCURRENCY },
        records,
      }),
    ]
  },
}
