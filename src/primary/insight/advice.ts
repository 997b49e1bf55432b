import type { Facts } from './facts.js'

/** A handler that uses less than this of the time it takes waits for somebody else. */
const WAITS = 0.5

/** A process that uses so much of a core can do no more. */
const WHOLE_CORE = 0.9

/** What would help, as the end of a sentence; nothing where the figures do not say. */
export function workerAdvice({ cores, cpu, stages, workers, concurrency }: Facts): string {
  const idle = idleCores(cores)
  if (idle === undefined || cpu.workers === null) return ''
  if (idle >= 0.5 && cpu.workers < WAITS * stages.workers.busy) {
    const use = `handlers wait most of that (CPU ${Math.round(cpu.workers * 100)} %)`
    return `; ${use}, so a higher \`concurrency\` than ${concurrency} would help, if they are asynchronous`
  }
  const whole = Math.floor(idle + 0.25)
  if (whole >= 1) {
    const who = workers === 1 ? 'a second worker' : 'more workers'
    return `; ${who} would help (${whole === 1 ? '1 core' : `${whole} cores`} idle)`
  }
  return coreAdvice
}

export const coreAdvice = '; only more cores, or less work for each record, would help'

export function sinkAdvice({ ownSink, cpu }: Facts): string {
  if (cpu.sender !== null && cpu.sender >= WHOLE_CORE) return '; it uses a whole core'
  return ownSink ? '; a sender that takes many results at once (`export const batch`) would help' : ''
}

export function sourceAdvice({ cpu }: Facts): string {
  return cpu.writer !== null && cpu.writer >= WHOLE_CORE
    ? '; the writer uses a whole core, so less work there would help'
    : '; it gives no more'
}

function idleCores({ available, used }: Facts['cores']): number | undefined {
  return used === null ? undefined : Math.max(0, available - used)
}
