import process from 'node:process'
import { messageOf } from '../src/errors.js'
import { tryOut } from './outcome.js'
import { type Circumstances, type Result, tablesOf } from './report.js'
import type { Scenario } from './scenario.js'
import { Surroundings } from './surroundings.js'

export const say = (line: string) => console.log(line)

/** Tries out scenarios one after another, and says what comes of it. */
export async function measure(
  scenarios: (surroundings: Surroundings) => readonly Scenario[],
  { machine, versions, rounds, quick }: Circumstances,
): Promise<readonly Result[]> {
  const surroundings = new Surroundings(machine.cores, quick)
  process.once('exit', () => surroundings.remove())
  const results: Result[] = []
  for (const scenario of scenarios(surroundings)) {
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
