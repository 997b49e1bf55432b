import type { Contender } from './contender.js'
import type { Goal } from './goal.js'
import type { Surroundings } from './surroundings.js'

/** How a figure is called, printed and compared. */
export interface FigureNotes {
  readonly label: string
  readonly unit: string
  readonly better: 'more' | 'less'
  /** Behind the decimal point. Default: none. */
  readonly digits?: number
}

/** One question, asked of millrace and of whatever else does the same work. */
export interface Scenario {
  readonly name: string
  /** The work, in a sentence. */
  readonly what: string
  /** What is measured, and what is not: from when to when, in which process. */
  readonly measured: string
  readonly figures: Readonly<Record<string, FigureNotes>>
  readonly goals: readonly Goal[]
  /** Makes what the contenders need, in a folder that is removed afterwards. The first contender is millrace. */
  prepare(surroundings: Surroundings): Promise<readonly Contender[]> | readonly Contender[]
}
