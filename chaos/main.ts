/*
 *   seed ─→ scenario ─→ stage: the files of a pipeline          scenario, misfortune, behaviour: pure
 *                         │
 *             outer supervisor: starts it, again and again      outer-supervisor, life
 *                  ↑            ↑
 *             misfortunes     watch                             inflict, watch
 *                         │
 *                     observed ─→ verdict ─→ report             collect; verdict/: pure; report, table
 */
import { tmpdir } from 'node:os'
import process from 'node:process'
import { messageOf } from '../src/errors.js'
import { hasProc } from '../src/primary/state/proc.js'
import { type Arguments, readArguments, usage } from './arguments.js'
import { whyNoDisk } from './disk.js'
import { again, asData, introduce, type Outcome, survived, tell } from './report.js'
import { type Circumstances, scenarioOf } from './scenario.js'
import { putTable, summaryOf, tableOf } from './table.js'
import { Trial } from './trial.js'
import { judge } from './verdict/verdict.js'

/** One of each kind of order and sink; a failure of one of them shows at once that something has changed. */
const FIXED_SEEDS = [1, 2, 3]

/** Seeds that nobody has seen for as long as there is time, or those that are asked for. */
function* seedsFor({ seeds, for: duration }: Arguments): Generator<number> {
  const fresh = () => Date.now() % 1_000_000_000
  if (seeds.length > 0) yield* seeds
  else if (duration === undefined) yield* [...FIXED_SEEDS, fresh()]
  else yield* whileTimeIsLeft(duration, fresh())
}

/** Ends when the longest so far would not come to its end in time any more. */
function* whileTimeIsLeft(duration: number, first: number): Generator<number> {
  const deadline = performance.now() + duration
  let longest = 0
  for (let seed = first, now = performance.now(); now + longest <= deadline; seed++) {
    yield seed
    longest = Math.max(longest, performance.now() - now)
    now = performance.now()
  }
}

async function tryOut(seed: number, circumstances: Circumstances, signal: AbortSignal): Promise<Outcome> {
  const begun = performance.now()
  const trial = new Trial(scenarioOf(seed, circumstances), signal)
  const observed = await trial.run()
  const checks = judge(observed)
  const good = checks.every(({ ok }) => ok)
  if (good) trial.stage.remove()
  else trial.stage.keep()
  return { observed, checks, took: performance.now() - begun, folder: good ? undefined : trial.stage.folder }
}

async function main(argv: readonly string[]): Promise<number> {
  const wanted = readArguments(argv)
  if (!hasProc()) {
    console.error('chaos needs /proc to find processes, and leaves the others alone; it runs on Linux')
    return 1
  }
  const say = wanted.json ? console.error : console.log
  const noDisk = wanted.disk ? whyNoDisk(tmpdir()) : 'Nobody wants one.'
  if (noDisk) say(`Left out: a full disk. ${noDisk}`)
  const circumstances = { span: wanted.span, canMount: !noDisk, name: wanted.scenario }
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort())

  const outcomes: Outcome[] = []
  for (const seed of seedsFor(wanted)) {
    if (interrupted.signal.aborted) break
    say(introduce(scenarioOf(seed, circumstances)))
    const outcome = await tryOut(seed, circumstances, interrupted.signal)
    outcomes.push(outcome)
    say(tell(outcome))
    if (!survived(outcome)) say(again(outcome, circumstances))
    if (wanted.json) console.log(JSON.stringify(asData(outcome)))
  }
  say(summaryOf(outcomes))
  const command = ['npm run chaos', ...(argv.length > 0 ? ['--', ...argv] : [])].join(' ')
  if (wanted.table !== undefined) putTable(wanted.table, tableOf(outcomes, command))
  return outcomes.every(survived) ? 0 : 1
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    console.error(`${messageOf(error)}\n\n${usage}`)
    process.exitCode = 2
  },
)
