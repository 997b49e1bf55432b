import type { Behaviour } from '../../chaos/behaviour.js'
import type { Life } from '../../chaos/life.js'
import { type Scenario, scenarioOf } from '../../chaos/scenario.js'
import type { Delivery, Observed } from '../../chaos/verdict/observed.js'

/** Four records: fine, dropped, given up, and one with three results. */
const plan = new Map<number, Behaviour>([
  [1, 'drop'],
  [2, 'throwAlways'],
  [3, 'several'],
])

const account = { read: 4, delivered: 2, dropped: 1, deadLettered: 1, returned: 0 }

/** A primary with one sender, whose pid is 100 × its own number + 1. */
export function life(number: number, more: Partial<Life> = {}): Life {
  const events: Life['events'] = [
    { event: 'processStarted', child: 'sender', childPid: number * 100 + 1 },
    { event: 'pipelineStarted', bound: { bytes: 2 ** 20 } },
    { event: 'finished', summary: { outcome: 'finished', ...account, total: account } },
  ]
  const exit = { code: 0, signal: null }
  return { number, pid: 1000 + number, events, prose: [], checkpoint: undefined, exit, ...more }
}

export const result = (number: number, part = 0, sender?: number): Delivery => ({
  number,
  part,
  ...(sender !== undefined && { by: { sender, id: `${number}#${part}` } }),
})

/** All results of record 3. */
export const resultsOfThree = (sender?: number): Delivery[] =>
  [0, 1, 2].map((part) => result(3, part, sender))

/** A trial in which everything went well, but for what is given. */
export function observed(more: Partial<Observed> = {}, scenario: Partial<Scenario> = {}): Observed {
  const drawn = scenarioOf(1, { span: 1000, canMount: false })
  return {
    scenario: { ...drawn, order: 'none', sink: 'file', records: 4, misfortunes: [], ...scenario },
    plan,
    end: 'finished',
    lastWords: '',
    lives: [life(0)],
    checkpoints: new Map(),
    performed: [],
    deliveries: [result(0), ...resultsOfThree()],
    strange: [],
    letters: [{ number: 2, cause: 'always' }],
    leftOver: [],
    peaks: new Map([[0, 2 ** 20]]),
    ...more,
  }
}
