import type { Checkpoint } from '../../src/primary/state/checkpoint.js'
import type { Plan } from '../behaviour.js'
import type { Life } from '../life.js'
import type { Misfortune } from '../misfortune.js'
import type { Scenario } from '../scenario.js'

/** One result as it stands in the output, in the order of the output. */
export interface Delivery {
  readonly number: number
  readonly part: number
  /** The log's sink notes which process delivered what, under which id; a file holds results only. */
  readonly by?: { readonly sender: number; readonly id: string }
}

/** A record given up on. */
export interface Letter {
  readonly number: number
  readonly cause: string
}

/** A misfortune as it happened. */
export interface Performed {
  readonly misfortune: Misfortune
  /** Milliseconds since the pipeline was first started. */
  readonly at: number
  /** Whether there was something for it to fall on. */
  readonly fell: boolean
  /** Records in flight just before, by what the primary said last; undefined when it had said nothing yet. */
  readonly inFlight: number | undefined
  /** The number of the primary that lived then. */
  readonly life: number
}

export type End = 'finished' | 'stuck' | 'outOfTime' | 'interrupted'

/** Everything that is known of a trial when it is over. */
export interface Observed {
  readonly scenario: Scenario
  readonly plan: Plan
  readonly end: End
  /** What the pipeline said of itself last, when it did not finish. */
  readonly lastWords: string
  readonly lives: readonly Life[]
  /** What each primary began with, by its number. */
  readonly checkpoints: ReadonlyMap<number, Checkpoint>
  readonly performed: readonly Performed[]
  readonly deliveries: readonly Delivery[]
  /** Lines of the output that are no result of any record. */
  readonly strange: readonly string[]
  readonly letters: readonly Letter[]
  /** Command lines of processes that outlived the trial. */
  readonly leftOver: readonly string[]
  /** Bytes: the largest resident memory that each primary was seen with. */
  readonly peaks: ReadonlyMap<number, number>
}

/** One thing that must hold. */
export interface Check {
  readonly name: string
  readonly ok: boolean
  /** What was found: figures when it holds, the first few cases when it does not. */
  readonly detail: string
}

/** A check that holds when there are no cases against it. */
export const none = (name: string, cases: readonly string[], detail: string): Check =>
  cases.length === 0
    ? { name, ok: true, detail }
    : {
        name,
        ok: false,
        detail: `${cases.length}: ${cases.slice(0, 5).join('; ')}${cases.length > 5 ? '; …' : ''}`,
      }

/** Misfortunes of a kind that fell. */
export const fallen = (
  { performed }: Pick<Observed, 'performed'>,
  wanted: (misfortune: Misfortune) => boolean,
): readonly Performed[] => performed.filter(({ misfortune, fell }) => fell && wanted(misfortune))
