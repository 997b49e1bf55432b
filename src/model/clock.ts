/** Time as it is handed to whatever needs it, so that tests of timing never sleep. */
export interface Clock {
  /** Milliseconds on a clock that never goes back. */
  now(): number
  /** Calls `action` once after `ms`; the returned function calls that off. */
  after(ms: number, action: () => void): () => void
  /** Calls `action` when what has arrived by now was read. */
  afterReading(action: () => void): void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, action) => {
    const timer = setTimeout(action, ms)
    return () => clearTimeout(timer)
  },
  // After timers, the event loop reads from sockets, and then comes to these.
  afterReading: (action) => void setImmediate(action),
}
