import { type Contender, SUBJECT } from '../contender.js'
import { processorSecondsOfRun } from '../processor-time.js'
import { program } from '../programs.js'
import type { Scenario } from '../scenario.js'
import type { Surroundings } from '../surroundings.js'

const RECORDS = 4_000_000
const COUNTS = [1, 2, 4, 8, 16, 32, 64]

/** What more workers cost the rest, on a machine that has no cores for them: an upper bound for one that has. */
export const workers: Scenario = {
  name: 'workers',
  what: 'Small integers, to each of which one is added, with more and more workers.',
  measured:
    'Processor time for a million records, of all processes: with the least records there can be, what their start and end cost, and with many what a record costs on top of that.',
  figures: {
    fixed: { label: 'to start and end', unit: 's', better: 'less', digits: 2 },
    perMillion: { label: 'a million records', unit: 's', better: 'less', digits: 2 },
  },
  goals: [],
  prepare: (surroundings) => [
    withWorkers(surroundings, SUBJECT, surroundings.cores),
    ...COUNTS.filter((count) => count !== surroundings.cores).map((count) =>
      withWorkers(surroundings, `millrace, ${count} ${count === 1 ? 'worker' : 'workers'}`, count),
    ),
  ],
}

function withWorkers(surroundings: Surroundings, name: string, workers: number): Contender {
  const cpu = (records: number) =>
    processorSecondsOfRun(surroundings, {
      '--from': `count:${records}`,
      '--worker': program('handlers/integers.mjs'),
      '--workers': String(workers),
      '--to': 'null:',
    })
  return {
    name,
    needs: 'bash',
    run: async () => {
      const records = surroundings.amount(RECORDS)
      const fixed = await cpu(workers)
      return { fixed, perMillion: ((await cpu(records)) - fixed) / (records / 1_000_000) }
    },
  }
}
