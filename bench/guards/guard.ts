import { type Contender, SUBJECT } from '../contender.js'
import type { Scenario } from '../scenario.js'

const REFERENCE = 'the bare work'

export interface Guard {
  readonly name: string
  readonly what: string
  /** What the bare work is. */
  readonly beside: string
  /** How many times the processor time of the bare work is too much. */
  readonly atMost: number
  millrace(): Promise<number>
  bare(): Promise<number>
}

/**
 * A watch over what something costs: processor time of all processes, beside that of the least that
 * has to be done, in the same run. It is to fail when the cost has doubled, and not because a machine
 * is slow or busy. So the bound is 1.6 times what was measured when it was set, and processor time
 * counts, not time.
 */
export function guard({ name, what, beside, atMost, millrace, bare }: Guard): Scenario {
  const contender = (name: string, cpu: () => Promise<number>): Contender => ({
    name,
    needs: 'bash',
    run: async () => ({ cpu: await cpu() }),
  })
  return {
    name,
    what,
    measured: `Processor time of all processes, beside that of ${beside}.`,
    figures: { cpu: { label: 'processor time', unit: 's', better: 'less', digits: 2 } },
    goals: [{ says: `at most ${atMost} × the bare work`, figure: 'cpu', against: [REFERENCE], atMost }],
    prepare: () => [contender(SUBJECT, millrace), contender(REFERENCE, bare)],
  }
}
