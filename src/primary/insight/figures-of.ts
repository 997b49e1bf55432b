import type { Figures } from '../../telemetry/figures.js'
import type { ChildProcess } from '../processes/child-process.js'

/** What a process uses: one of this machine, as was seen here by its pid; one elsewhere, as its machine last said. */
export const figuresOf = (
  { place, pid, figures }: Pick<ChildProcess, 'place' | 'pid' | 'figures'>,
  seenHere: ReadonlyMap<number, Figures>,
): Figures | undefined => (place.host === undefined ? seenHere.get(pid) : figures)
