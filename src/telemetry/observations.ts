import { Answer } from '../model/answer.js'
import type { Health, Observable } from '../model/status.js'

/** Something that can be looked at from outside, and changes nothing. */
export interface Observation {
  readonly does: string
  /** Its status may be known to whoever reaches the server, though nothing else: probes bring no secrets. */
  readonly open?: true
  /** @param accept the media types that the asker takes, as its header has them */
  answer(pipeline: Observable, accept?: string): Promise<Answer>
}

/** What monitors and supervisors ask, by path: over HTTP, and on the control socket. */
export const observations: Readonly<Record<string, Observation>> = {
  '/metrics': {
    does: 'all metrics, for Prometheus',
    answer: async (pipeline, accept = '') => {
      const wanted = accept.includes('application/openmetrics-text') ? 'openmetrics' : 'prometheus'
      const { contentType, text } = await pipeline.metrics(wanted)
      return new Answer(200, contentType, text)
    },
  },
  '/healthz': {
    does: 'whether there is progress or nothing to do; 503 and a sentence if not',
    open: true,
    answer: async (pipeline) => answerOf(pipeline.health()),
  },
  '/readyz': {
    does: 'whether it takes part in the work; 503 and a sentence if not',
    open: true,
    answer: async (pipeline) => answerOf(pipeline.readiness()),
  },
  '/status': {
    does: 'processes, queues and counters',
    answer: async (pipeline) => Answer.json(200, await pipeline.status()),
  },
}

const answerOf = (health: Health) => Answer.json(health.ok ? 200 : 503, health)
