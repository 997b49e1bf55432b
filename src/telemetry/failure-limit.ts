import type { Clock } from '../model/clock.js'
import type { EventListener, PipelineEvent } from './events.js'

/** Events of each kind that pass in one second. */
export const FAILURES_A_SECOND = 10

const SECOND_MS = 1_000

/** An event that a handler which fails for everything causes for each attempt. */
export type FailureEvent = Extract<PipelineEvent, { type: 'recordRetried' | 'recordDeadLettered' }>

/** Events of one kind that did not pass, in one second. */
export interface Omitted {
  /** At least 1. */
  readonly more: number
  readonly last: FailureEvent
}

/** A second that began with a failure of one kind. */
interface Second {
  passed: number
  more: number
  last: FailureEvent
  cancel(): void
}

/**
 * A listener that passes every event on, but at most 10 retries and 10 dead letters a second: a
 * handler that fails for everything must not keep the primary busy with writing a line for each
 * attempt. What did not pass is told once a second, and before `finished`.
 *
 * Its timers end by themselves, at the latest a second after the last failure.
 */
export function limitFailures(
  pass: EventListener,
  tell: (omitted: Omitted) => void,
  clock: Clock,
): EventListener {
  const seconds = new Map<FailureEvent['type'], Second>()

  const begin = (event: FailureEvent): Second => {
    const cancel = clock.after(SECOND_MS, () => end(event.type))
    const second = { passed: 0, more: 0, last: event, cancel }
    seconds.set(event.type, second)
    return second
  }
  const end = (type: FailureEvent['type']) => {
    const second = seconds.get(type)
    seconds.delete(type)
    second?.cancel()
    if (second && second.more > 0) tell({ more: second.more, last: second.last })
  }
  const failed = (event: FailureEvent) => {
    const second = seconds.get(event.type) ?? begin(event)
    if (second.passed < FAILURES_A_SECOND) {
      second.passed++
      pass(event)
    } else {
      second.more++
      second.last = event
    }
  }
  return (event) => {
    if (event.type === 'recordRetried' || event.type === 'recordDeadLettered') {
      failed(event)
      return
    }
    if (event.type === 'finished') for (const type of [...seconds.keys()]) end(type)
    pass(event)
  }
}
