/** What a worker is doing, as it says itself through its inspector. */
export interface AtWork {
  /** Place of the record whose handler has the event loop; absent when that cannot be told. */
  readonly place?: number | undefined
  /** The id of the same record. */
  readonly id?: string | undefined
  /** Records whose handler has not come back. */
  readonly count: number
  /** The ids of the first of them. */
  readonly ids: readonly string[]
}

/** Evaluated in a process: what its handler is at work on. Undefined where there is none. */
export const AT_WORK = `(() => {
  const calls = globalThis[Symbol.for('millrace.current')]
  return calls && { place: calls.place, id: calls.id, ...calls.atWork }
})()`

/** The answer, which comes from a process that runs somebody's code. */
export function atWorkIn(value: unknown): AtWork | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { place, id, count, ids } = value as Readonly<Record<string, unknown>>
  return {
    place: Number.isSafeInteger(place) ? (place as number) : undefined,
    id: typeof id === 'string' ? id : undefined,
    count: Number.isSafeInteger(count) ? (count as number) : 0,
    ids: Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [],
  }
}
