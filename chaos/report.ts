import { describe } from './misfortune.js'
import type { Circumstances, Scenario } from './scenario.js'
import type { Check, Observed, Performed } from './verdict/observed.js'

/** One trial with its verdict. */
export interface Outcome {
  readonly observed: Observed
  readonly checks: readonly Check[]
  /** Milliseconds. */
  readonly took: number
  /** Where its files are, if they were kept. */
  readonly folder: string | undefined
}

export const survived = ({ checks }: Outcome): boolean => checks.every(({ ok }) => ok)

/** The pipeline of a scenario, in two lines. */
export function introduce(scenario: Scenario): string {
  const { seed, name, source, sink, order, workers, concurrency, inQueue, outQueue } = scenario
  const { records, bytes, checkpointEvery, timeout, smallDisk, leak } = scenario
  return [
    `seed ${seed}: ${name}`,
    `  ${records} records of some ${bytes} bytes from ${source} to ${sink}, order ${order}, ${workers} × ${concurrency} at work`,
    `  queues of ${inQueue} and ${outQueue}, a checkpoint every ${checkpointEvery} ms, ${timeout ? `timeout ${timeout} ms` : 'no timeout'}${smallDisk ? ', a small disk' : ''}${leak ? ', leaking handlers' : ''}`,
  ].join('\n')
}

/** What was done to it, when, and what it had in flight. */
export function tell({ observed, checks, took }: Outcome): string {
  const schedule = observed.performed.map(lineOf)
  const verdict = checks.map(({ name, ok, detail }) => `  ${ok ? 'ok    ' : 'NOT OK'} ${name}: ${detail}`)
  const held = checks.filter(({ ok }) => ok).length
  return [
    ...schedule,
    ...verdict,
    `  ${held} of ${checks.length} hold, after ${(took / 1000).toFixed(1)} s`,
  ].join('\n')
}

function lineOf({ misfortune, at, fell, inFlight, life }: Performed): string {
  const time = `${(at / 1000).toFixed(2)} s`.padStart(9)
  if (!fell) return `${time}  ${describe(misfortune)}: there was nothing for it to fall on`
  const had = inFlight === undefined ? 'before it said how it was' : `${inFlight} in flight`
  return `${time}  ${describe(misfortune)} (primary ${life}, ${had})`
}

/** How to see the same again. The interleaving is the machine's, so it may take more than one run. */
export const again = ({ observed, folder }: Outcome, { span, canMount }: Circumstances): string =>
  [
    `  again: npm run chaos -- --seed ${observed.scenario.seed} --scenario ${observed.scenario.name} --span ${span}ms${canMount ? '' : ' --no-disk'}`,
    ...(folder === undefined ? [] : [`  everything that it left: ${folder}`]),
  ].join('\n')

/** An outcome as data. */
export const asData = (outcome: Outcome): object => {
  const { observed, checks, took } = outcome
  const { scenario, performed, lives, deliveries, letters, end } = observed
  return {
    ...{
      seed: scenario.seed,
      scenario,
      survived: survived(outcome),
      end,
      seconds: took / 1000,
      performed,
      checks,
    },
    ...{ primaries: lives.length, results: deliveries.length, deadLetters: letters.length },
  }
}
