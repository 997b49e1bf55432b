import { parseDuration } from '../config/quantities.js'
import { askEvents } from '../control/client.js'
import type { Wanted } from '../control/locate.js'
import { MillraceError, systemCodeOf } from '../errors.js'
import type { EventEntry } from '../model/inspection.js'
import { keptEvents, pathIn } from '../telemetry/event-file.js'
import type { PipelineEvent } from '../telemetry/events.js'
import { printable } from './dead/text.js'
import { findPipeline, type Rest } from './find-pipeline.js'
import { lastWordsIn } from './last-words.js'
import { printLine, type Terminal } from './terminal.js'

export interface EventsCommand {
  readonly wanted: Wanted
  readonly follow: boolean
  /** As written. */
  readonly last?: string | undefined
  readonly since?: string | undefined
}

/** Events that are shown unless somebody says how many, or since when. */
const USUAL = 50

/** `millrace events`: what happened to a pipeline, from itself while it runs, and from its state folder when not. */
export async function events(command: EventsCommand, terminal: Terminal, json: boolean): Promise<void> {
  const { wanted, follow } = command
  const since = command.since === undefined ? undefined : timeOf(command.since, Date.now())
  const last = command.last === undefined ? (since ? undefined : USUAL) : countOf(command.last)
  const print = (entry: EventEntry) =>
    printLine(terminal.stdout, json ? JSON.stringify(entry) : lineOf(entry))
  const found = await findPipeline(wanted, terminal)
  if ('rest' in found) {
    if (follow) throw nothingToFollow(found.rest)
    const kept = keptEvents(found.rest.stateDir).filter(
      ({ at }) => !since || Date.parse(at) >= since.getTime(),
    )
    for (const entry of last === undefined ? kept : kept.slice(kept.length - last)) print(entry)
    if (kept.length === 0) printLine(terminal.stderr, `there are no events in ${pathIn(found.rest.stateDir)}`)
    return
  }
  const { running } = found
  try {
    for await (const entry of askEvents(running, { last, since: since?.toISOString(), follow })) {
      // `millrace events --follow | head` is over at the first event that nobody reads.
      if (terminal.stdout.writable === false) return
      print(entry)
    }
  } catch (thrown) {
    if (!follow || systemCodeOf(thrown) !== 'ECONNRESET') throw thrown
    printLine(terminal.stderr, `${running.name} is gone without a last word`)
  }
}

/** An event for people: when, who, and what; of a death that the text does not explain, the last words. */
export function lineOf({ at, event, text }: EventEntry): string {
  const who = event?.process ?? 'primary'
  const what = [...printable(text).split('\n'), ...lastWordsOf(event)].join('\n    ')
  return `${at}  ${who.padEnd(9)}  ${what}`
}

function lastWordsOf(event: EventEntry['event']): readonly string[] {
  const { exit, planned, why } = (event ?? {}) as Partial<Died>
  return !exit || planned || why ? [] : lastWordsIn(exit.lastLines, MOST_LINES)
}

type Died = Extract<PipelineEvent, { readonly type: 'processExited' }>

/** Lines that are shown of what a process said last; the rest is in the JSON. */
const MOST_LINES = 2

/** A time, or a duration before `now`. */
export function timeOf(text: string, now: number): Date {
  const ago = parseDuration(text)
  const time = new Date(ago === undefined ? text : now - ago)
  if (!Number.isNaN(time.getTime())) return time
  const message = `\`--since ${text}\` must be a time such as 2026-02-01T10:00Z, or a duration such as 10m`
  throw new MillraceError('bad_usage', message)
}

function countOf(text: string): number {
  const count = Number(text)
  if (text.trim() !== '' && Number.isSafeInteger(count) && count >= 0) return count
  throw new MillraceError('bad_usage', `\`-n ${text}\` must be a whole number of events`)
}

const nothingToFollow = ({ stateDir }: Rest) =>
  new MillraceError(
    'not_running',
    `the pipeline with its state in ${stateDir} does not run, so nothing more happens; leave out --follow to see what did`,
  )
