import type { Figures } from './contender.js'
import { type Judgement, judge } from './goal.js'
import { proveSameWork } from './proof.js'
import { runRounds } from './rounds.js'
import type { Scenario } from './scenario.js'
import { type Spread, spreadOf } from './statistics.js'
import type { Surroundings } from './surroundings.js'
import type { Tool, Versions } from './tools.js'

/** What came of one scenario. */
export interface Outcome {
  readonly scenario: Scenario
  readonly contenders: readonly Standing[]
  readonly missing: readonly Missing[]
  readonly judgements: readonly Judgement[]
}

export interface Standing {
  readonly name: string
  /** Of every figure that it has. */
  readonly spreads: ReadonlyMap<string, Spread>
}

/** A contender that cannot run here. */
export interface Missing {
  readonly name: string
  readonly tool: Tool
}

export interface Conditions {
  readonly surroundings: Surroundings
  readonly versions: Versions
  readonly rounds: number
  /** Told, line by line, how far it is. */
  readonly say: (line: string) => void
}

/** Measures one scenario: first that all do the same work, then how they do it. */
export async function tryOut(scenario: Scenario, conditions: Conditions): Promise<Outcome> {
  const { surroundings, versions, rounds, say } = conditions
  const all = await scenario.prepare(surroundings)
  const present = all.filter(({ needs }) => needs === undefined || versions[needs] !== undefined)
  const missing = all.flatMap((contender) =>
    present.includes(contender) ? [] : [{ name: contender.name, tool: contender.needs! }],
  )
  for (const { name, tool } of missing) say(`  ${name} does not run: ${tool} is missing`)
  await proveSameWork(present, (name) => surroundings.path(name))
  const measured = await runRounds(present, rounds, (round, { name }, figures) =>
    say(`  round ${round}: ${name}: ${tellFigures(scenario, figures)}`),
  )
  const contenders = [...measured].map(([name, runs]) => ({ name, spreads: spreadsOf(runs) }))
  return { scenario, contenders, missing, judgements: judgeAll(scenario, contenders) }
}

function spreadsOf(runs: readonly Figures[]): ReadonlyMap<string, Spread> {
  const names = Object.keys(runs[0] ?? {})
  return new Map(names.map((name) => [name, spreadOf(runs.map((figures) => figures[name]!))]))
}

function judgeAll({ goals, figures }: Scenario, contenders: readonly Standing[]): Judgement[] {
  const medians = new Map(
    contenders.map(({ name, spreads }) => [
      name,
      Object.fromEntries([...spreads].map(([figure, { median }]) => [figure, median])),
    ]),
  )
  return goals.map((goal) => judge(goal, figures[goal.figure]!, medians))
}

function tellFigures({ figures: notes }: Scenario, figures: Figures): string {
  const told = Object.entries(figures).map(([name, figure]) => {
    const { label, unit, digits = 0 } = notes[name]!
    return `${label} ${figure.toFixed(digits)} ${unit}`
  })
  return told.join(', ')
}
