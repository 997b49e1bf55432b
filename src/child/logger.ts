import { pino } from 'pino'
import type { ChildSpec } from '../link/control.js'
import type { Logger } from '../model/logger.js'

/** Logs of a child: pino lines on stderr, which the primary passes on. Written at once, so that a crash loses none. */
export function childLogger(spec: ChildSpec): Logger {
  return pino(
    {
      level: spec.logLevel,
      base: {
        pipeline: spec.name,
        role: spec.role,
        process: spec.process,
        ...(spec.role === 'worker' && { worker: spec.index }),
        pid: process.pid,
      },
    },
    pino.destination({ dest: 2, sync: true }),
  ) as Logger
}
