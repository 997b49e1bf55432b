import { SUBJECT } from './contender.js'
import type { Judgement } from './goal.js'
import type { Machine } from './machine.js'
import type { Outcome, Standing } from './outcome.js'
import type { FigureNotes, Scenario } from './scenario.js'
import type { Spread } from './statistics.js'
import { remedies, type Tool, type Versions } from './tools.js'

/** A scenario that did not come to its end. */
export interface Failure {
  readonly scenario: Scenario
  readonly reason: string
}

export type Result = Outcome | Failure

/** How the figures came about. */
export interface Circumstances {
  readonly command: string
  readonly machine: Machine
  readonly versions: Versions
  /** Of millrace. */
  readonly version: string
  readonly rounds: number
  readonly quick: boolean
}

/** All of it as Markdown: the machine, the goals at a glance, then every scenario. */
export function reportOf(results: readonly Result[], circumstances: Circumstances): string {
  const lines = [
    '# Measured',
    '',
    ...introduce(circumstances),
    '',
    ...goalsOf(results),
    '',
    ...results.flatMap((result) => [...tellScenario(result), '']),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}

export function introduce({ command, machine, versions, version, rounds, quick }: Circumstances): string[] {
  const { cpu, cores, memory, kernel, node } = machine
  const tools = Object.entries(versions) as [Tool, string | undefined][]
  const present = tools.flatMap(([tool, found]) => (found === undefined ? [] : [`${tool} ${found}`]))
  const absent = tools.flatMap(([tool, found]) => (found === undefined ? [tool] : []))
  return [
    `\`${command}\`, on`,
    '',
    `- ${cpu}, ${cores} ${cores === 1 ? 'core' : 'cores'}, ${(memory / 2 ** 30).toFixed(1)} GiB, ${kernel}`,
    `- millrace ${version}, Node ${node}, ${present.join(', ')}`,
    ...absent.map((tool) => `- **${tool} is missing**: its contenders did not run; ${remedies[tool]}`),
    '',
    quick
      ? 'Small amounts, one look at each: **these figures mean nothing**, only that everything works.'
      : `Medians over ${rounds} ${rounds === 1 ? 'round' : 'rounds'}, in each of which every contender ran once; in brackets the least and the most. Before that, all contenders of a scenario did the same few records, and left the same results.`,
  ]
}

/** Every goal in a row. */
export function goalsOf(results: readonly Result[]): string[] {
  return [
    '| scenario | goal | reached | |',
    '| --- | --- | ---: | --- |',
    ...results.flatMap((result) => {
      const { name } = result.scenario
      if ('reason' in result) return [`| ${name} | | | **did not run** |`]
      return result.judgements.map((judgement) => {
        const { goal } = judgement
        return `| ${name} | ${goal.says} | ${reached(judgement, result.scenario)} | ${verdict(judgement)} |`
      })
    }),
  ]
}

function reached({ goal, value }: Judgement, { figures }: Scenario): string {
  if (value === undefined) return '–'
  const { against, by = 'ratio' } = goal
  const { digits = 0, unit } = figures[goal.figure]!
  if (against === undefined) return `${grouped(value, digits)} ${unit}`
  return by === 'ratio' ? `${ratioText(value)} ×` : `${grouped(value, digits)} ${unit} more`
}

function verdict({ met, without }: Judgement): string {
  if (met === undefined) return `**not judged**, without ${without.join(', ') || 'a figure'}`
  return `${met ? 'met' : '**missed**'}${without.length > 0 ? `, without ${without.join(', ')}` : ''}`
}

function tellScenario(result: Result): string[] {
  const { name, what, measured } = result.scenario
  const heading = [`## ${name}`, '', `${what} ${measured}`, '']
  if ('reason' in result) return [...heading, 'Did not run:', '', '```', result.reason, '```']
  return [...heading, ...tablesOf(result), ...absences(result)]
}

function absences({ missing }: Outcome): string[] {
  if (missing.length === 0) return []
  return ['', ...missing.map(({ name, tool }) => `- ${name} did not run: ${tool} is missing`)]
}

/** One table a figure: contenders in their order, and how millrace stands against each. */
export function tablesOf({ scenario, contenders }: Outcome): string[] {
  const tables = Object.entries(scenario.figures).map(([figure, notes]) => {
    const those = contenders.filter(({ spreads }) => spreads.has(figure))
    return those.length === 0 ? [] : tableOf(figure, notes, those)
  })
  return tables
    .filter((table) => table.length > 0)
    .flatMap((table, index) => (index > 0 ? ['', ...table] : table))
}

function tableOf(figure: string, notes: FigureNotes, contenders: readonly Standing[]): string[] {
  const own = contenders.find(({ name }) => name === SUBJECT)?.spreads.get(figure)
  const heading = `${notes.label}, ${notes.unit}`
  return [
    `| | ${heading} | millrace is |`,
    '| --- | ---: | ---: |',
    ...contenders.map(({ name, spreads }) => {
      const spread = spreads.get(figure)!
      const standing = name === SUBJECT || !own ? '' : `${ratioText(own.median / spread.median)} ×`
      return `| ${name} | ${spreadText(spread, notes)} | ${standing} |`
    }),
  ]
}

function spreadText({ median, least, most }: Spread, { digits = 0 }: FigureNotes): string {
  const [middle, low, high] = [median, least, most].map((figure) => grouped(figure, digits))
  return low === high ? middle! : `${middle} (${low}–${high})`
}

const grouped = (figure: number, digits: number) =>
  figure.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })

/** Three places that count. */
const ratioText = (ratio: number) => (ratio >= 100 ? ratio.toFixed(0) : ratio.toPrecision(3))
