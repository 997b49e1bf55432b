import type { Contender } from './contender.js'
import { SUBJECT } from './contender.js'
import { MillraceRun } from './millrace.js'
import { PROVEN } from './peers.js'
import type { FigureNotes } from './scenario.js'
import type { Surroundings } from './surroundings.js'

/** A pipeline of any number of records, by its flags. */
export interface Pipeline {
  readonly source: (records: number) => readonly string[]
  readonly worker: string
  /** Where results go while nobody looks at them. Default: `null:`. */
  readonly to?: string
  readonly flags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export const perSecond: Readonly<Record<'perSecond', FigureNotes>> = {
  perSecond: { label: 'records', unit: '1/s', better: 'more' },
}

/** How the time of a run is taken wherever contenders share records out. */
export const FIRST_TO_LAST =
  "Measured from the first record to the last result, with all processes and threads started beforehand: millrace by its own account (`seconds`, from `running` to the last settlement), the others by their program's clock. All run for several seconds, so that compilers have done their work."

/** millrace as one of those that share records out: records settled a second, by its own account. */
export function millraceOf(surroundings: Surroundings, pipeline: Pipeline, records: number): Contender {
  const { source, worker, to = 'null:', flags = [], env } = pipeline
  const does = async (records: number, to: string): Promise<number> => {
    const args = [...source(records), '--worker', worker, '--to', to, ...flags]
    const run = new MillraceRun(surroundings.processes, args, env && { env })
    const { delivered, perSecond } = await run.finished()
    if (delivered !== records) throw new Error(`millrace delivered ${delivered} of ${records} records`)
    return perSecond
  }
  return {
    name: SUBJECT,
    run: async () => ({ perSecond: await does(surroundings.amount(records), to) }),
    prove: async (output) => {
      await does(PROVEN, `file:${output}`)
    },
  }
}
