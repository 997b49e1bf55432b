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
import { measure, say } from './measure.js'
import { type Circumstances, goalsOf, introduce, reportOf } from './report.js'
import { scenarios } from './scenarios/index.js'
import { findTools } from './tools.js'

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
  const results = await measure(() => chosen, circumstances)
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
