import { createRequire } from 'node:module'
import type { pino as makePino } from 'pino'
import type { ChildSpec } from '../link/control.js'
import type { Logger } from '../model/logger.js'

/**
 * Logs of a child: pino lines on stderr, which the primary passes on. Written at once, so that a
 * crash loses none.
 *
 * Pino is loaded when somebody logs: most processes never do, and it is a third of what starting one
 * costs beyond Node itself.
 */
export function childLogger(spec: ChildSpec): Logger {
  let made: Logger | undefined
  let level = spec.logLevel
  const logger = () => {
    made ??= pinoLogger({ ...spec, logLevel: level })
    return made
  }
  return new Proxy({} as Logger, {
    get: (_, name) => {
      const value: unknown = Reflect.get(logger(), name)
      return typeof value === 'function' ? value.bind(logger()) : value
    },
    set: (_, name, value) => {
      if (name !== 'level' || made) return Reflect.set(logger(), name, value)
      level = value
      return true
    },
    has: (_, name) => name in logger(),
  })
}

function pinoLogger({ name, role, process: place, index, logLevel }: ChildSpec): Logger {
  const { pino } = createRequire(import.meta.url)('pino') as { readonly pino: typeof makePino }
  return pino(
    {
      level: logLevel,
      base: {
        pipeline: name,
        role,
        process: place,
        ...(role === 'worker' && { worker: index }),
        pid: process.pid,
      },
    },
    pino.destination({ dest: 2, sync: true }),
  ) as Logger
}
