import { readFileSync } from 'node:fs'
import { type Contender, SUBJECT } from '../contender.js'
import { MillraceRun, now } from '../millrace.js'
import { program, runProgram } from '../programs.js'
import type { Scenario } from '../scenario.js'
import type { Surroundings } from '../surroundings.js'

const FORKS = 'bare forks'

/** How long somebody waits who runs it in a shell. */
export const start: Scenario = {
  name: 'start',
  what: 'From `millrace run` to the first record delivered, by default settings.',
  measured:
    'Measured from before the start of the command until the sender is called for the first time. Beside it, a Node process that forks as many Node processes as the pipeline has (writer, sender, a worker a core), all at once and all empty, until each has said that it is there.',
  figures: { milliseconds: { label: 'until the first', unit: 'ms', better: 'less' } },
  goals: [{ says: 'at most 2 × bare forks', figure: 'milliseconds', against: [FORKS], atMost: 2 }],
  prepare: (surroundings) => [pipeline(surroundings), forks(surroundings)],
}

const pipeline = (surroundings: Surroundings): Contender => ({
  name: SUBJECT,
  run: async () => {
    const report = surroundings.path('first.json')
    const flags = {
      '--from': 'count:1000',
      '--worker': program('handlers/same.mjs'),
      '--to': program('senders/first.mjs'),
    }
    const env = { BENCH_REPORT: report }
    const run = new MillraceRun(surroundings.processes, Object.entries(flags).flat(), { env })
    await run.finished()
    return { milliseconds: firstIn(report) - run.begun }
  },
})

const forks = (surroundings: Surroundings): Contender => ({
  name: FORKS,
  run: async () => {
    const begun = now()
    const { up } = await runProgram(surroundings.processes, 'bare/forks.mjs', {
      children: surroundings.cores + 2,
    })
    return { milliseconds: Number(up) - begun }
  },
})

/** When the first result was delivered. */
export const firstIn = (report: string): number =>
  (JSON.parse(readFileSync(report, 'utf8')) as { readonly first: number }).first
