import type { Tool } from './tools.js'

/** What one run of a contender found out, by the names that the scenario has for its figures. */
export type Figures = Readonly<Record<string, number>>

/** One way of doing a scenario's work, in processes of its own. */
export interface Contender {
  readonly name: string
  /** Without it on the machine, the contender does not run, and that is said. */
  readonly needs?: Tool
  /** Throws when the work was not done, or not all of it. */
  run(): Promise<Figures>
  /**
   * Does the work for a few records and leaves each result as a line of this file. All contenders of
   * a scenario must leave the same lines, in any order: so that what is compared is the same work.
   */
  prove?(output: string): Promise<void>
}

/** The contender that the goals are about. */
export const SUBJECT = 'millrace'
