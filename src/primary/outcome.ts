import { exitCode, type MillraceError } from '../errors.js'
import type { Counters } from '../model/counters.js'
import type { SourceKind } from '../model/source.js'
import type { Outcome, Summary } from '../model/status.js'

/** Why a run is coming to its end. The first reason that comes up decides, but a failure overrides a drain. */
export type Ending =
  | { readonly kind: 'sourceEnded' }
  | { readonly kind: 'drained' }
  /** The deadline passed, or somebody insisted. */
  | { readonly kind: 'stopped' }
  /** The reader of the sink is gone and does not mind. */
  | { readonly kind: 'sinkClosed' }
  | { readonly kind: 'failed'; readonly error: MillraceError }

export function outcomeOf(ending: Ending): Outcome {
  switch (ending.kind) {
    case 'sourceEnded':
      return 'finished'
    case 'drained':
      return 'drained'
    case 'failed':
      return 'failed'
    default:
      return 'stopped'
  }
}

/** The exit code that tells a supervisor above what to make of it. */
export function exitCodeOf(ending: Ending, returned: number): number {
  if (ending.kind === 'failed') return ending.error.exitCode
  return ending.kind === 'stopped' && returned > 0 ? exitCode.returned : exitCode.ok
}

export interface RunTimes {
  /** When the pipeline was running, and when the last record was settled; milliseconds on one clock. */
  readonly running: number | undefined
  readonly lastSettled: number | undefined
}

export function summaryOf(
  name: string,
  ending: Ending,
  { counters, total }: { readonly counters: Counters; readonly total: Counters },
  run: RunTimes & { readonly restarts: Summary['restarts']; readonly sourceKind: SourceKind | undefined },
): Summary {
  const { running, lastSettled, restarts, sourceKind } = run
  const seconds =
    running === undefined || lastSettled === undefined ? 0 : Math.max(0, lastSettled - running) / 1000
  const settled = counters.delivered + counters.dropped + counters.deadLettered
  return {
    name,
    outcome: outcomeOf(ending),
    ...counters,
    lost: sourceKind === 'live' ? counters.returned : 0,
    restarts,
    seconds: round(seconds),
    perSecond: seconds > 0 ? round(settled / seconds) : 0,
    total,
  }
}

const round = (number: number) => Math.round(number * 1000) / 1000
