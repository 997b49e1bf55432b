/*
 *   arguments ─→ scenarios ─→ outcome: proof, then rounds ─→ report      one file a scenario, with its goals
 *                   │                    │          │
 *               contenders            goal, statistics: pure
 *                   │
 *     millrace, peers: processes of their own, out of programs/
 */
import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { messageOf } from '../src/errors.js'
import { ownVersion } from '../src/package.js'
import { type Arguments, readArguments, usage } from './arguments.js'
import { thisMachine } from './machine.js'
import { tryOut } from './outcome.js'
import { type Circumstances, goalsOf, introduce, type Result, reportOf, tablesOf } from './report.js'
import type { Scenario } from './scenario.js'
import { scenarios } from './scenarios/index.js'
import { Surroundings } from './surroundings.js'
import { findTools } from './tools.js'

const say = (line: string) => console.log(line)

async function measure(
  chosen: readonly Scenario[],
  circumstances: Circumstances,
): Promise<readonly Result[]> {
  const { machine, versions, rounds, quick } = circumstances
  const surroundings = new Surroundings(machine.cores, quick)
  process.once('exit', () => surroundings.remove())
  const results: Result[] = []
  for (const scenario of chosen) {
    say(`\n${scenario.name}: ${scenario.what}`)
    try {
      const outcome = await tryOut(scenario, { surroundings, versions, rounds, say })
      say(tablesOf(outcome).join('\n'))
      results.push(outcome)
    } catch (error) {
      const reason = messageOf(error)
      say(`  did not run: ${reason}`)
      results.push({ scenario, reason })
    }
  }
  surroundings.remove()
  return results
}

async function main(argv: readonly string[], { scenarios: names, ...wanted }: Arguments): Promise<number> {
  const chosen = scenarios.filter(({ name }) => names.length === 0 || names.includes(name))
  const { rounds, quick } = wanted
  const circumstances: Circumstances = {
    command: ['npm run bench', ...(argv.length > 0 ? ['--', ...argv] : [])].join(' '),
    machine: thisMachine(),
    versions: findTools(),
    version: ownVersion(),
    rounds,
    quick,
  }
  say(introduce(circumstances).join('\n'))
  const results = await measure(chosen, circumstances)
  say(`\n${goalsOf(results).join('\n')}`)
  if (wanted.results !== undefined) writeFileSync(wanted.results, reportOf(results, circumstances))
  return results.some((result) => 'reason' in result) ? 1 : 0
}

const argv = process.argv.slice(2)
const names = scenarios.map(({ name }) => name)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
try {
  process.exitCode = await main(argv, readArguments(argv, names))
} catch (error) {
  console.error(`${messageOf(error)}\n\n${usage(names)}`)
  process.exitCode = 2
}
