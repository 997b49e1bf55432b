import { rmSync, statSync } from 'node:fs'
import { type Contender, SUBJECT } from '../contender.js'
import { MillraceRun } from '../millrace.js'
import { program } from '../programs.js'
import type { Scenario } from '../scenario.js'
import type { Surroundings } from '../surroundings.js'
import { perSecond } from '../throughput.js'

/** So many that there are several checkpoints. */
const BYTES = 1_000_000_000
const WITHOUT = 'millrace without checkpoints'

/** What it costs to be able to resume. */
export const checkpoint: Scenario = {
  name: 'checkpoint',
  what: 'Lines from file to file as they are, with a `stateDir` and a checkpoint a second (the default), and without: a run that has no name keeps no state.',
  measured: 'Lines settled a second, by the account of either run.',
  figures: perSecond,
  goals: [{ says: 'at most 3 % less throughput', figure: 'perSecond', against: [WITHOUT], atLeast: 0.97 }],
  prepare: (surroundings) => [
    copy(surroundings, SUBJECT, () => ['--name', 'checkpoint', '--state-dir', surroundings.path('state')]),
    copy(surroundings, WITHOUT, () => []),
  ],
}

const copy = (surroundings: Surroundings, name: string, state: () => readonly string[]): Contender => ({
  name,
  run: async () => {
    const log = surroundings.log(surroundings.amount(BYTES))
    const output = surroundings.path('copy')
    const ends = { '--from': `file:${log.path}`, '--to': `file:${output}` }
    const args = [...Object.entries(ends).flat(), '--worker', program('handlers/same.mjs'), ...state()]
    const summary = await new MillraceRun(surroundings.processes, args).finished()
    const { size } = statSync(output)
    rmSync(output)
    if (size !== log.bytes) throw new Error(`${name} wrote ${size} of ${log.bytes} bytes`)
    return { perSecond: summary.perSecond }
  },
})
