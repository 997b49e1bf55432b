import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/** Where Linux keeps the limit of a container: `MICROSECONDS-or-max PERIOD`. */
const limitFile = '/sys/fs/cgroup/cpu.max'

/** How many cores this process may use: those that it sees, bounded by its container's share. */
export function availableCpus(): number {
  let limit = ''
  try {
    limit = readFileSync(limitFile, 'utf8')
  } catch {
    // No control groups here: nothing bounds it.
  }
  return boundedBy(limit, availableParallelism())
}

/** `cores`, or the whole cores of a cgroup's `cpu.max` when these are fewer; at least 1. */
export function boundedBy(limit: string, cores: number): number {
  const [quota, period] = limit.trim().split(/\s+/).map(Number)
  const share = quota! / period!
  return Math.max(1, Number.isFinite(share) ? Math.min(cores, Math.floor(share)) : cores)
}
