import { rmSync, statSync } from 'node:fs'
import { type Contender, SUBJECT } from '../contender.js'
import type { LogFile } from '../log-file.js'
import { MillraceRun } from '../millrace.js'
import { program } from '../programs.js'
import type { Scenario } from '../scenario.js'
import type { Surroundings } from '../surroundings.js'
import { perSecond } from '../throughput.js'

/** So many that there are several checkpoints. */
const BYTES = 1_000_000_000
const WITHOUT = 'millrace without checkpoints'
const measured = 'Lines settled a second, by the account of either run.'

/** What it costs to be able to resume, where there is some work to do. */
export const checkpoint: Scenario = {
  name: 'checkpoint',
  what: 'The lines of a log, taken apart and filtered into a file as in `log`, with a `stateDir` and a checkpoint a second (the default), and without: a run that has no name keeps no state.',
  measured,
  figures: perSecond,
  goals: [{ says: 'at most 3 % less throughput', figure: 'perSecond', against: [WITHOUT], atLeast: 0.97 }],
  prepare: (surroundings) => withAndWithout(surroundings, 'failed-requests'),
}

/** The same at its worst: whatever is read is written, and has to be on disk within the second. */
export const checkpointCopy: Scenario = {
  name: 'checkpoint-copy',
  what: 'The same with the lines as they are, so that all that is read must also get to the disk by each checkpoint. No goal: it is the speed of the disk.',
  measured,
  figures: perSecond,
  goals: [],
  prepare: (surroundings) => withAndWithout(surroundings, 'same', (log, size) => size === log.bytes),
}

type IsWhole = (log: LogFile, size: number) => boolean

function withAndWithout(
  surroundings: Surroundings,
  handler: string,
  isWhole: IsWhole = () => true,
): Contender[] {
  const contender = (name: string, state: () => readonly string[]): Contender => ({
    name,
    run: async () => {
      const log = surroundings.log(surroundings.amount(BYTES))
      const output = surroundings.path('copy')
      const ends = { '--from': `file:${log.path}`, '--to': `file:${output}` }
      const worker = ['--worker', program(`handlers/${handler}.mjs`)]
      const run = new MillraceRun(surroundings.processes, [
        ...Object.entries(ends).flat(),
        ...worker,
        ...state(),
      ])
      const { read, perSecond } = await run.finished()
      const { size } = statSync(output)
      rmSync(output)
      if (read !== log.lines || !isWhole(log, size))
        throw new Error(`${name} read ${read} lines and wrote ${size} bytes`)
      return { perSecond }
    },
  })
  return [
    contender(SUBJECT, () => ['--name', 'checkpoint', '--state-dir', surroundings.path('state')]),
    contender(WITHOUT, () => []),
  ]
}
