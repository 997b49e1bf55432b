import { parseRate } from '../config/quantities.js'
import { MillraceError } from '../errors.js'
import { Answer } from '../model/answer.js'
import type { ChosenLetters } from '../model/dead-letter.js'
import { type EventRequest, LONGEST_PROFILE } from '../model/inspection.js'
import { logLevels } from '../model/logger.js'
import type {
  Controllable,
  DrainReport,
  LogLevelReport,
  PauseReport,
  RateReport,
  Summary,
} from '../model/status.js'
import { observations } from '../telemetry/observations.js'
import type { Asked, Parameters } from './parameters.js'

/** The pipeline that a control server stands in front of. */
export interface Controlled {
  readonly pipeline: Controllable
  readonly version: string
  /** Settles when the pipeline has ended: with its account, or without one when it failed. */
  readonly ended: Promise<Summary | undefined>
}

/** One thing that can be asked. */
export interface Route {
  readonly does: string
  /** Its parameters, in the address or in the body. Default: none. */
  readonly takes?: Parameters
  /** Its answer comes long after its head: the caller is told at once that it was heard. */
  readonly slow?: true
  /** Its answer may have no end; at the end of the pipeline nobody waits for whoever reads it. */
  readonly endless?: true
  /**
   * JSON, unless it is an `Answer`. What can be iterated over is sent as one JSON object a line, as it comes.
   *
   * @param gone aborted when whoever asked has left
   */
  answer(controlled: Controlled, asked: Asked, gone: AbortSignal): unknown
}

/** Everything that can be asked of a running pipeline, by method and path. */
export const routes: Readonly<Record<string, Route>> = {
  'GET /': {
    does: 'who this is, and what can be asked',
    answer: ({ pipeline: { name, stateDir }, version }) => ({
      name,
      stateDir,
      version,
      pid: process.pid,
      routes: Object.entries(routes).map(([route, { does }]) => ({ route, does })),
    }),
  },
  ...Object.fromEntries(
    Object.entries(observations).map(([path, { does, answer }]): [string, Route] => [
      `GET ${path}`,
      { does, answer: ({ pipeline }) => answer(pipeline) },
    ]),
  ),
  'GET /stack': {
    does: 'where the process ?process=worker:2 is at this moment, and with which records',
    takes: { process: 'text' },
    answer: ({ pipeline }, asked) => pipeline.stack(processIn(asked)),
  },
  'GET /profile': {
    does: 'a .cpuprofile of the next ?seconds=10 of ?process=worker:2',
    takes: { process: 'text', seconds: 'number' },
    answer: async ({ pipeline }, asked, signal) => {
      const seconds = Number(asked.seconds ?? DEFAULT_PROFILE)
      if (!(seconds > 0 && seconds <= LONGEST_PROFILE)) {
        throw new MillraceError(
          'bad_usage',
          `\`seconds\` must be above 0, and ${LONGEST_PROFILE} at the most`,
        )
      }
      const profile = await pipeline.profile({ target: processIn(asked), seconds, signal })
      return new Answer(200, 'application/json', profile)
    },
  },
  'GET /events': {
    does: 'what happened, one a line: the ?last=50, those ?since=2026-02-01T10:00Z; with ?follow also what still happens',
    takes: { last: 'number', since: 'text', follow: 'boolean' },
    endless: true,
    answer: ({ pipeline }, asked, signal) => pipeline.events(eventRequestOf(asked, signal)),
  },
  'GET /inflight': {
    does: 'what each process holds, and what waits for a retry: the ?limit=100 oldest of each',
    takes: { limit: 'number' },
    answer: ({ pipeline }, { limit = '100' }) => pipeline.inFlight(listLimitIn(limit)),
  },
  'POST /restart': {
    does: 'replaces { "target": "worker:2" }, "writer" or "sender" by a new process; or all "workers", one after another',
    takes: { target: 'text' },
    answer: ({ pipeline }, { target }) => {
      if (typeof target === 'string') return pipeline.restart(target)
      throw new MillraceError('bad_usage', '`target` must name a process, such as "worker:2", or "workers"')
    },
  },
  'POST /scale': {
    does: 'has { "workers": 8 } from now on',
    takes: { workers: 'number' },
    answer: ({ pipeline }, { workers }) => {
      if (typeof workers === 'number') return pipeline.scale(workers)
      throw new MillraceError('bad_usage', '`workers` must be a whole number of at least 1')
    },
  },
  'POST /pause': {
    does: 'reads and begins nothing more, until /resume; what is in hand is finished',
    answer: ({ pipeline }) => {
      pipeline.pause()
      return pauseReportOf(pipeline)
    },
  },
  'POST /resume': {
    does: 'goes on after a pause',
    answer: ({ pipeline }) => {
      pipeline.resume()
      return pauseReportOf(pipeline)
    },
  },
  'POST /rate': {
    does: 'lets { "perSecond": 500 } records begin a second at the most; null for no limit',
    takes: { perSecond: 'number or null' },
    answer: ({ pipeline }, { perSecond }): RateReport => {
      if (!isRate(perSecond)) {
        throw new MillraceError('bad_usage', '`perSecond` must be a number above 0, or null for no limit')
      }
      pipeline.setRate(perSecond)
      return { name: pipeline.name, perSecond }
    },
  },
  'POST /log-level': {
    does: 'logs at { "level": "debug" } from now on, in every process',
    takes: { level: 'text' },
    answer: ({ pipeline }, { level }): LogLevelReport => {
      const known = logLevels.find((name) => name === level)
      if (!known) throw new MillraceError('bad_usage', `\`level\` must be one of ${logLevels.join(', ')}`)
      pipeline.setLogLevel(known)
      return { name: pipeline.name, level: known }
    },
  },
  'GET /dead': {
    does: 'dead letters without their values, the newest last, one a line',
    answer: ({ pipeline }) => pipeline.dead.list(),
  },
  'GET /dead/letter': {
    does: 'the whole dead letter of ?id=',
    takes: { id: 'text' },
    answer: ({ pipeline }, { id }) => {
      if (typeof id === 'string') return pipeline.dead.show(id)
      throw new MillraceError('bad_usage', '`id` must be that of a dead letter')
    },
  },
  'POST /dead/drop': {
    does: 'drops the dead letters { "ids": […] } or { "all": true }',
    takes: { ids: 'texts', all: 'boolean' },
    answer: async ({ pipeline }, asked) => ({ dropped: await pipeline.dead.drop(chosenIn(asked)) }),
  },
  'POST /dead/replay': {
    does: 'handles the records of the dead letters { "ids": […] } or { "all": true } again',
    takes: { ids: 'texts', all: 'boolean' },
    answer: ({ pipeline }, asked) => pipeline.dead.replay(chosenIn(asked)),
  },
  'POST /drain': {
    does: 'reads no more, works off what was read, and ends; answers as soon as that has begun',
    answer: async ({ pipeline }): Promise<DrainReport> => {
      pipeline.drain('asked to drain')
      const { name, state, counters } = await pipeline.status()
      return { name, state, inFlight: counters.inFlight }
    },
  },
  'POST /stop': {
    does: 'the same, but answers { summary } when it has ended; { "now": true } returns what is in flight instead',
    takes: { now: 'boolean' },
    slow: true,
    answer: async ({ pipeline, ended }, { now }) => {
      if (now === true) pipeline.stopNow()
      else pipeline.drain('asked to stop')
      return { summary: (await ended) ?? null }
    },
  },
}

/** Seconds of a profile if nobody says how many. */
const DEFAULT_PROFILE = 10

function processIn({ process }: Asked): string {
  if (typeof process === 'string' && process !== '') return process
  throw new MillraceError('bad_usage', '`process` must name a process, such as worker:2')
}

function eventRequestOf({ last, since, follow }: Asked, signal: AbortSignal): EventRequest {
  const most = last === undefined ? undefined : Number(last)
  const from = since === undefined ? undefined : Date.parse(String(since))
  if (most !== undefined && !(Number.isSafeInteger(most) && most >= 0)) {
    throw new MillraceError('bad_usage', '`last` must be a number of events')
  }
  if (Number.isNaN(from)) {
    throw new MillraceError('bad_usage', '`since` must be a time such as 2026-02-01T10:00:00Z')
  }
  return { last: most, since: from, follow: follow === true, signal }
}

async function pauseReportOf(pipeline: Controllable): Promise<PauseReport> {
  const { name, state, reason, counters } = await pipeline.status()
  return { name, state, reason, inFlight: counters.inFlight }
}

const isRate = (perSecond: unknown): perSecond is number | null =>
  perSecond === null || (typeof perSecond === 'number' && parseRate(perSecond) !== undefined)

/** Runs that one answer may list; the primary does nothing else while it looks up their ids. */
const longestList = 1000

function listLimitIn(limit: unknown): number {
  const number = Number(limit)
  if (Number.isInteger(number) && number >= 0 && number <= longestList) return number
  throw new MillraceError('bad_usage', `\`limit\` must be a whole number from 0 to ${longestList}`)
}

function chosenIn({ ids, all }: Asked): ChosenLetters {
  if (all === true && ids === undefined) return 'all'
  if (Array.isArray(ids) && ids.every((id) => typeof id === 'string')) return ids
  throw new MillraceError('bad_usage', '`ids` must list ids of dead letters; or give `all`: true')
}
