/** Results as they reached the sink: when, and from which worker; times ascending, in milliseconds. */
export interface Arrivals {
  readonly times: readonly number[]
  readonly pids: readonly number[]
}

/** Milliseconds over which throughput is looked at. */
const WINDOW = 200

/** Share of the throughput before that counts as all of it: what a window varies by of its own. */
const FULL = 0.95

/**
 * Milliseconds from the death of a worker until throughput was full again: until its replacement's
 * first result had arrived, and from when on a window had as many results as those before the death.
 *
 * @param killedAt on the clock of the arrivals
 * @returns undefined when it never was
 */
export function recoveryOf({ times, pids }: Arrivals, killedAt: number): number | undefined {
  const before = times.filter((time) => time < killedAt)
  const known = new Set(pids.slice(0, before.length))
  const firstOfNew = times.find((time, index) => time >= killedAt && !known.has(pids[index]!))
  const [first] = before
  if (firstOfNew === undefined || first === undefined) return undefined
  const wanted = FULL * WINDOW * (before.length / (killedAt - first))
  for (let from = before.length, to = from; from < times.length; from++) {
    const begin = times[from]!
    while (to < times.length && times[to]! < begin + WINDOW) to++
    // Behind the last result nothing is known.
    if (to === times.length) return undefined
    if (begin >= firstOfNew && to - from >= wanted) return begin - killedAt
  }
  return undefined
}
