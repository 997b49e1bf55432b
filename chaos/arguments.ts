import { parseArgs } from 'node:util'
import { parseDuration } from '../src/config/quantities.js'
import { type ScenarioName, scenarioNames } from './scenario.js'
import { tableMarks } from './table.js'

/** What a command line asks for. Times are in milliseconds. */
export interface Arguments {
  /** Only these; empty for the fixed ones and one that is new. */
  readonly seeds: readonly number[]
  /** New seeds for about so long. */
  readonly for: number | undefined
  readonly scenario: ScenarioName | undefined
  /** What the misfortunes of one run fall over. */
  readonly span: number
  /** Whether disks are filled, where that can be done. */
  readonly disk: boolean
  readonly json: boolean
  /** Where the table of what was survived goes: between its marks, if the file has them. */
  readonly table: string | undefined
}

const DEFAULT_SPAN = '6s'

export const usage = `npm run chaos -- [--seed N]… [--for 1h] [--span ${DEFAULT_SPAN}] [--scenario NAME] [--no-disk] [--json] [--table FILE]

Streams known records through a pipeline while it kills, stops and starves its processes, and checks
afterwards that everything held. Without --seed: a few fixed seeds and a new one.
A seed decides pipeline and schedule; how they meet is the machine's. --no-disk fills no disk, as
where nobody may mount one. --table puts what was survived into a file, between these lines if it has
them: ${tableMarks.join(' ')}

  scenarios: ${scenarioNames.join(', ')}`

/** Throws with a message for whoever typed it. */
export function readArguments(argv: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      seed: { type: 'string', multiple: true },
      for: { type: 'string' },
      span: { type: 'string', default: DEFAULT_SPAN },
      scenario: { type: 'string' },
      'no-disk': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      table: { type: 'string' },
    },
  })
  return {
    seeds: (values.seed ?? []).map(seedIn),
    for: values.for === undefined ? undefined : durationIn('--for', values.for),
    span: durationIn('--span', values.span),
    scenario: values.scenario === undefined ? undefined : scenarioIn(values.scenario),
    disk: !values['no-disk'],
    json: values.json,
    table: values.table,
  }
}

function seedIn(text: string): number {
  const seed = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seed))
    throw new Error(`--seed ${text} is not a whole number`)
  return seed
}

function durationIn(flag: string, text: string): number {
  const duration = parseDuration(text)
  if (duration === undefined) throw new Error(`${flag} ${text} is not a duration such as 90s or 1h`)
  return duration
}

function scenarioIn(text: string): ScenarioName {
  const name = scenarioNames.find((each) => each === text)
  if (!name) throw new Error(`there is no scenario ${text}; there are ${scenarioNames.join(', ')}`)
  return name
}
