import { type Figures, SUBJECT } from './contender.js'
import type { FigureNotes } from './scenario.js'

/** A bound on one of millrace's figures, as it is or against that of others in the same run. */
export interface Goal {
  /** Completes "millrace is to reach …". */
  readonly says: string
  readonly figure: string
  /** The best of these contenders counts. Default: the figure as it is. */
  readonly against?: readonly string[]
  /** How it is set against them. Default: `'ratio'`, millrace's figure by theirs. */
  readonly by?: 'ratio' | 'difference'
  readonly atLeast?: number
  readonly atMost?: number
}

export interface Judgement {
  readonly goal: Goal
  /** What is bounded: the figure, ratio or difference; undefined when none of those it is set against was there. */
  readonly value: number | undefined
  readonly met: boolean | undefined
  /** Contenders that it should have been set against, and that did not run. */
  readonly without: readonly string[]
}

/** @param medians of each contender that ran */
export function judge(goal: Goal, notes: FigureNotes, medians: ReadonlyMap<string, Figures>): Judgement {
  const { figure, against = [], by = 'ratio', atLeast, atMost } = goal
  const own = medians.get(SUBJECT)?.[figure]
  const without = against.filter((name) => medians.get(name)?.[figure] === undefined)
  const others = against.flatMap((name) => medians.get(name)?.[figure] ?? [])
  if (own === undefined || (against.length > 0 && others.length === 0)) {
    return { goal, value: undefined, met: undefined, without }
  }
  const best = notes.better === 'more' ? Math.max(...others) : Math.min(...others)
  const value = against.length === 0 ? own : by === 'ratio' ? own / best : own - best
  const met = (atLeast === undefined || value >= atLeast) && (atMost === undefined || value <= atMost)
  return { goal, value, met, without }
}
