import type { Random } from './random.js'

/**
 * What the handler does with a record: mostly nothing special. `…Once` is told by a marker file that
 * it leaves behind, `twice` by the number of the attempt, so that what becomes of every record is
 * known beforehand, however often its process or the primary is replaced.
 */
export type Behaviour =
  | 'fine'
  | 'several'
  | 'drop'
  | 'throwTwice'
  | 'throwAlways'
  | 'exitOnce'
  | 'abortOnce'
  | 'exhaustOnce'
  | 'uncaughtOnce'
  | 'exitAlways'
  | 'hangOnce'
  | 'loopOnce'
  | 'hangAlways'
  | 'loopAlways'

/** How many records behave so. */
export type BehaviourCounts = Readonly<Partial<Record<Exclude<Behaviour, 'fine'>, number>>>

/** The behaviour of records by their number; those that are not named are fine. */
export type Plan = ReadonlyMap<number, Behaviour>

/** Deals behaviours out to `records` records. */
export function drawPlan(random: Random, counts: BehaviourCounts, records: number): Plan {
  const plan = new Map<number, Behaviour>()
  for (const [behaviour, count] of Object.entries(counts) as [Behaviour, number][]) {
    for (let left = count; left > 0 && plan.size < records / 2; ) {
      const number = random.whole(0, records - 1)
      if (plan.has(number)) continue
      plan.set(number, behaviour)
      left--
    }
  }
  return plan
}

export type Fate =
  | { readonly kind: 'delivered'; readonly results: number }
  | { readonly kind: 'dropped' | 'deadLettered' }

/** What becomes of a record, whatever happens to processes. */
export function fateOf(plan: Plan, number: number): Fate {
  switch (plan.get(number)) {
    case 'several':
      return { kind: 'delivered', results: 2 + (number % 2) }
    case 'drop':
      return { kind: 'dropped' }
    case 'throwAlways':
    case 'exitAlways':
    case 'hangAlways':
    case 'loopAlways':
      return { kind: 'deadLettered' }
    default:
      return { kind: 'delivered', results: 1 }
  }
}

/** What every record is filled up with: as many bytes for each, but not the same. */
const fill = (number: number, bytes: number): string => String.fromCharCode(97 + (number % 26)).repeat(bytes)

/** The value of a record, one line of the source. */
export const recordValue = (number: number, bytes: number): string => `${number} ${fill(number, bytes)}`

/** A result of a record: its `part`-th, from 0. */
export const resultOf = (number: number, part: number, bytes: number): string =>
  `${number}.${part} ${fill(number, bytes)}`
