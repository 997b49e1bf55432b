import { eventsOf, type Life, summaryOf } from '../life.js'
import { type Check, fallen, none, type Observed, type Performed } from './observed.js'

/** A primary ends when the stream does, or when it is told to; anything else is its own doing. */
export function endsAreOurDoing(observed: Observed): Check {
  const cases = observed.lives.flatMap((life) => {
    const why = unexplained(life, observed)
    return why === undefined ? [] : [`primary ${life.number} ${why}`]
  })
  return none('no primary ended without being told to', cases, `${observed.lives.length} primaries`)
}

function unexplained(life: Life, observed: Observed): string | undefined {
  const { exit } = life
  if (!exit) return undefined
  const done = fallen(observed, () => true).filter((it) => it.life === life.number)
  const told = (kinds: readonly string[]) => done.some(({ misfortune: { kind } }) => kinds.includes(kind))
  const killed = done.some(
    ({ misfortune: it }) => it.kind === 'killBoth' || (it.kind === 'kill' && it.target === 'primary'),
  )
  if (exit.signal === 'SIGKILL' && (killed || observed.end !== 'finished')) return undefined
  // Told to end before it listened.
  if (exit.signal === 'SIGTERM' && told(['drain', 'stopNow'])) return undefined
  const outcome = summaryOf(life)?.outcome
  if (exit.code === 0 && outcome === 'finished') return undefined
  if (exit.code === 0 && told(['drain', 'stopNow'])) return undefined
  if (exit.code === 75 && told(['drain', 'stopNow'])) return undefined
  if (isExplainedFailure(life, observed, done)) return undefined
  const failed = eventsOf(life, 'pipelineFailed').map(({ error }) => String(error).slice(0, 200))
  const words = [...failed, ...life.prose].slice(-3).join(' / ').slice(0, 400)
  return `ended with ${exit.signal ?? `exit code ${exit.code}`}: ${words}`
}

/** Errors that a misfortune must lead to: the disk was full, or the sender was killed while it closed the sink. */
function isExplainedFailure(life: Life, observed: Observed, done: readonly Performed[]): boolean {
  const failed = eventsOf(life, 'pipelineFailed').map(({ code }) => String(code))
  const prose = life.prose.join('\n')
  const filled = fallen(observed, ({ kind }) => kind === 'fillDisk')
  // It may be full since a primary before this one.
  const wasFull = filled.some((it) => it.life <= life.number)
  if (wasFull && /ENOSPC|no space left|the disk is full/i.test(`${prose}\n${wordsOf(life)}`)) return true
  const senderKilled = done.some(({ misfortune: it }) => it.kind === 'kill' && it.target === 'sender')
  return senderKilled && failed.length > 0 && failed.every((code) => code === 'sink_not_closed')
}

const wordsOf = (life: Life): string =>
  eventsOf(life, 'pipelineFailed')
    .map(({ error }) => String(error))
    .join('\n')

/** Nothing of the pipeline runs when it is over. */
export const nobodyLeft = ({ leftOver }: Observed): Check => none('no process is left over', leftOver, 'none')

/** Bytes of a primary that has nothing to do, with room for a collector that is in no hurry. */
const PRIMARY_BYTES = 160 * 2 ** 20

/** A primary's memory stays within what its queues allow. */
export function memoryBounded({ lives, peaks }: Observed): Check {
  const cases: string[] = []
  let highest = 0
  for (const life of lives) {
    const peak = peaks.get(life.number) ?? 0
    const limit = limitOf(life)
    highest = Math.max(highest, peak)
    if (peak > limit)
      cases.push(`primary ${life.number} had ${mebibytes(peak)}, and ${mebibytes(limit)} is its bound`)
  }
  return none('no primary outgrows its bound', cases, `at most ${mebibytes(highest)}`)
}

/** What lies in the queues is there once as bytes, and once more on its way in and out. */
function limitOf(life: Life): number {
  const [started] = eventsOf(life, 'pipelineStarted')
  const bytes = Number((started?.bound as { readonly bytes?: number } | undefined)?.bytes ?? 0)
  return PRIMARY_BYTES + 3 * bytes
}

const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`
