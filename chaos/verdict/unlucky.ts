import { fateOf } from '../behaviour.js'
import { fallen, type Letter, type Observed } from './observed.js'

/**
 * Records that were given up though nothing is wrong with them: they were at work, alone, whenever
 * somebody from outside killed or stopped their worker. millrace cannot know better.
 */
export function unluckyOf({ plan, letters }: Pick<Observed, 'plan' | 'letters'>): readonly Letter[] {
  return letters.filter(
    ({ number, cause }) => fateOf(plan, number).kind !== 'deadLettered' && isOutside(cause),
  )
}

/** A leak ends a worker with SIGABRT, at whatever record it happens to be. */
const isOutside = (cause: string) => /killed by SIG(KILL|ABRT)|took longer than/.test(cause)

/**
 * How many there can be at the most: one takes `retry.deaths` deaths (3), of which a record's own
 * behaviour is one at the most; each kill or stop of a worker, and each starvation, names no more
 * records than a worker handles at once.
 */
export function mostUnlucky(observed: Observed): number {
  const { concurrency, workers, timeout, leak } = observed.scenario
  const kills = fallen(observed, (it) => it.kind === 'kill' && it.target.startsWith('worker')).length
  const stops = fallen(observed, (it) => it.kind === 'stop').length
  const starved = fallen(observed, (it) => it.kind === 'starve').length
  const delays = timeout === undefined ? 0 : stops + starved * workers
  // Half of a leak's lives can be named at the worst.
  const leaks = leak > 0 ? 2 * workers : 0
  return Math.floor(((kills + delays + leaks) * concurrency) / 2)
}
