import type { PipelineEvent } from '../src/telemetry/events.js'

type EventType = PipelineEvent['type']

/** An event as it stands in the log, where `process` and `pid` are those of whoever wrote the line. */
export type LoggedEvent = { readonly event: EventType } & Readonly<Record<string, unknown>>

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** One primary from its start to its end. */
export interface Life {
  /** From 0. */
  readonly number: number
  readonly pid: number
  /** What it logged that the verdict needs. */
  readonly events: LoggedEvent[]
  /** Lines of stderr that are not of the log: errors before there is one. */
  readonly prose: string[]
  /** A folder with the checkpoint that it began with; undefined when there was none. */
  readonly checkpoint: string | undefined
  /** Undefined as long as it lives. */
  exit: Exit | undefined
}

/** Events worth keeping: few, however long it runs. */
const kept: ReadonlySet<unknown> = new Set<EventType>([
  'pipelineStarted',
  'stateChanged',
  'processStarted',
  'processReady',
  'processExited',
  'orphansEnded',
  'pipelineFailed',
  'finished',
])

/** Takes in one line of a primary's stderr. */
export function hear(life: Life, line: string): void {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch {
    life.prose.push(line)
    return
  }
  if (typeof parsed === 'object' && parsed !== null && 'event' in parsed && kept.has(parsed.event)) {
    life.events.push(parsed as LoggedEvent)
  }
}

export const eventsOf = (life: Life, type: EventType): readonly LoggedEvent[] =>
  life.events.filter(({ event }) => event === type)

/** The pid of the newest process in a place that has not exited; `since` it was started, or ready. */
export function childPid(
  life: Life,
  place: string,
  since: 'processStarted' | 'processReady',
): number | undefined {
  const started = eventsOf(life, since).findLast(({ child }) => child === place)
  if (!started) return undefined
  const pid = Number(started.childPid)
  const exited = eventsOf(life, 'processExited').some(({ childPid }) => childPid === pid)
  return exited ? undefined : pid
}

/** The summary of a life that came to an end of its own, as its last event has it. */
export function summaryOf(life: Life): Readonly<Record<string, unknown>> | undefined {
  const [finished] = eventsOf(life, 'finished')
  return finished?.summary as Readonly<Record<string, unknown>> | undefined
}
