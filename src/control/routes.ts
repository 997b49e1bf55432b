import { MillraceError } from '../errors.js'
import type { Controllable, Summary } from '../model/status.js'

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
  /** Its answer comes long after its head: the caller is told at once that it was heard. */
  readonly slow?: true
  answer(controlled: Controlled, body: Readonly<Record<string, unknown>>): unknown
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
  'GET /status': {
    does: 'processes, queues and counters',
    answer: ({ pipeline }) => pipeline.status(),
  },
  'POST /restart': {
    does: 'replaces the process { "target": "worker:2" } by a new one',
    answer: ({ pipeline }, { target }) => {
      if (typeof target === 'string') return pipeline.restart(target)
      throw new MillraceError('bad_usage', '`target` must name a process, such as "worker:2"')
    },
  },
  'POST /stop': {
    does: 'drains and ends; answers { summary } when it has ended',
    slow: true,
    answer: async ({ pipeline, ended }) => {
      pipeline.stop()
      return { summary: (await ended) ?? null }
    },
  },
}
