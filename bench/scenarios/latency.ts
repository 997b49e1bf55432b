import { readFileSync } from 'node:fs'
import { type Contender, type Figures, SUBJECT } from '../contender.js'
import { MillraceRun } from '../millrace.js'
import { program, runProgram } from '../programs.js'
import type { Scenario } from '../scenario.js'
import { percentile } from '../statistics.js'
import type { Surroundings } from '../surroundings.js'

/** Until everything is compiled. */
const WARM_UP_RECORDS = 3000
const RECORDS = 18_000

/** How long a record is on its way while nothing is in its way. */
export const latency: Scenario = {
  name: 'latency',
  what: 'A thousand records a second, each its own time stamp, by default settings.',
  measured: `Measured in the sink (for pools: where the result arrives), on the clock that all processes of a machine share, from the moment that the source hands the record over; the first ${WARM_UP_RECORDS} of ${RECORDS} do not count.`,
  figures: {
    p50: { label: 'half within', unit: 'ms', better: 'less', digits: 2 },
    p99: { label: '99 % within', unit: 'ms', better: 'less', digits: 2 },
    // A source that is held up hands records over later, and would hide what a record has waited before.
    pace: { label: 'handed over', unit: '1/s', better: 'more' },
  },
  goals: [
    { says: 'p50 under 0.7 ms', figure: 'p50', atMost: 0.7 },
    { says: 'p99 under 5 ms', figure: 'p99', atMost: 5 },
    { says: 'keeps the pace', figure: 'pace', atLeast: 990 },
  ],
  prepare: (surroundings) => [
    millrace(surroundings),
    pool(surroundings, {
      name: 'piscina',
      needs: 'piscina',
      file: 'pools/paced-piscina.mjs',
    }),
    pool(surroundings, {
      name: 'Python apply_async',
      needs: 'python3',
      file: 'pools/paced.py',
    }),
  ],
}

function millrace(surroundings: Surroundings): Contender {
  return {
    name: SUBJECT,
    run: async () => {
      const records = surroundings.amount(RECORDS)
      const report = surroundings.path('latencies.json')
      const flags = {
        '--from': program('writers/paced.mjs'),
        '--worker': program('handlers/same.mjs'),
        '--to': program('senders/latencies.mjs'),
      }
      const env = { BENCH_RECORDS: String(records), BENCH_REPORT: report }
      await new MillraceRun(surroundings.processes, Object.entries(flags).flat(), { env }).finished()
      return figuresOf(JSON.parse(readFileSync(report, 'utf8')), records)
    },
  }
}

type Pool = Required<Pick<Contender, 'name' | 'needs'>> & { readonly file: string }

function pool(surroundings: Surroundings, { file, ...pool }: Pool): Contender {
  const { processes, cores } = surroundings
  return {
    ...pool,
    run: async () => {
      const records = surroundings.amount(RECORDS)
      return figuresOf(await runProgram(processes, file, { records, workers: cores }), records)
    },
  }
}

/** Milliseconds that records were on their way, and when they were handed over. */
interface Report {
  readonly latencies: readonly number[]
  readonly stamps: readonly number[]
}

function figuresOf(report: Readonly<Record<string, unknown>>, records: number): Figures {
  const { latencies, stamps } = report as unknown as Report
  if (latencies.length !== records) throw new Error(`${latencies.length} of ${records} records arrived`)
  const warm = latencies.slice(Math.min(WARM_UP_RECORDS, records >> 1))
  const milliseconds = Math.max(...stamps) - Math.min(...stamps)
  return { p50: percentile(warm, 0.5), p99: percentile(warm, 0.99), pace: (records * 1000) / milliseconds }
}
