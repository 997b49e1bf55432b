import { parseArgs } from 'node:util'
import { parseDuration } from '../src/config/quantities.js'
import { type ScenarioName, scenarioNames } from './scenario.js'

/** What a command line asks for. Times are in milliseconds. */
export interface Arguments {
  /** Only these; empty for the fixed ones and one that is new. */
  readonly seeds: readonly number[]
  /** New seeds until so much time is over. */
  readonly for: number | undefined
  readonly scenario: ScenarioName | undefined
  /** What the misfortunes of one run fall over. */
  readonly span: number
  readonly json: boolean
  /** Where the table of what was survived goes. */
  readonly table: string | undefined
}

const DEFAULT_SPAN = '6s'

export const usage = `npm run chaos -- [--seed N]… [--for 1h] [--span ${DEFAULT_SPAN}] [--scenario NAME] [--json] [--table FILE]

Streams known records through a pipeline while it kills, stops and starves its processes, and checks
afterwards that everything held. Without --seed: a few fixed seeds and a new one.
A seed decides pipeline and schedule; how they meet is the machine's.

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
      json: { type: 'boolean', default: false },
      table: { type: 'string' },
    },
  })
  return {
    seeds: (values.seed ?? []).map(seedIn),
    for: values.for === undefined ? undefined : durationIn('--for', values.for),
    span: durationIn('--span', values.span),
    scenario: values.scenario === undefined ? undefined : scenarioIn(values.scenario),
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
