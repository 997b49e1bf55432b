import type { Health, PipelineState, StatusReport } from '../model/status.js'

/** What tells whether a pipeline moves. */
export interface Signs {
  readonly state: PipelineState
  readonly reason: string | null
  /** Seconds that it has been in this state. */
  readonly inStateSeconds: number
  /** Records read and not yet settled. */
  readonly inFlight: number
  /** How many of them wait for their next attempt. */
  readonly waitingForRetry: number
  /** Seconds since something was settled, or since there is something to settle; null when there is nothing. */
  readonly quietSeconds: number | null
  /** Seconds since the last record that had to wait for its next attempt was due; negative while it waits, null when none did. */
  readonly sinceRetrySeconds: number | null
  /** Seconds for which nothing need be settled: see {@link patienceOf}. */
  readonly patienceSeconds: number
  readonly oldest: StatusReport['oldestUnsettled']
}

/**
 * For how many seconds nothing need be settled before that is a stall: as long as `stalledAfter`
 * says; longer if `timeout` lets one record take longer (which is then handled once more), or the
 * rate lets them begin more rarely than that.
 *
 * @param settings milliseconds
 * @param perSecond the rate in force; null without one
 */
export function patienceOf(
  { stalledAfter, timeout = 0 }: { readonly stalledAfter: number; readonly timeout?: number | undefined },
  perSecond: number | null,
): number {
  const betweenRecords = perSecond === null ? 0 : 1 / perSecond
  return Math.max(stalledAfter / 1000, (2 * timeout) / 1000, 3 * betweenRecords)
}

/**
 * Whether a pipeline makes progress or has nothing to do: the question behind `/healthz`, and
 * behind systemd's watchdog. One that does neither is to be restarted, so whatever a restart would
 * not cure is no reason:
 *
 * - paused, or blocked for a reason that it states (a sink that fails, a broker that is away);
 * - starting, or on its way out, which have deadlines of their own;
 * - records that wait for their next attempt, or for their turn by the rate, and those that wait for
 *   them in turn: for their order, or because no more may be begun.
 *
 * What is left is work in hand of which nothing was settled for longer than {@link patienceOf}.
 */
export function healthOf(signs: Signs): Health {
  const { state, reason, inFlight, waitingForRetry, quietSeconds, sinceRetrySeconds, oldest } = signs
  if (state !== 'running') return { ok: true, why: reason === null ? state : `${state}: ${reason}` }
  if (quietSeconds === null) return { ok: true, why: 'nothing to do' }
  if (inFlight <= waitingForRetry)
    return { ok: true, why: `${records(inFlight)} in flight, waiting for a retry` }
  // It may have been paused or blocked, or have waited for a retry, until now.
  const quiet = Math.min(quietSeconds, signs.inStateSeconds, sinceRetrySeconds ?? quietSeconds)
  if (quiet <= signs.patienceSeconds) return { ok: true, why: `${records(inFlight)} in flight` }
  const holder = oldest
    ? `; ${oldest.process} has had ${oldest.id} in hand for ${Math.round(oldest.ageSeconds)} s`
    : ''
  return {
    ok: false,
    why: `nothing was settled for ${Math.round(quiet)} s, with ${records(inFlight)} in flight${holder}`,
  }
}

/** Whether a pipeline takes part in the work: the question behind `/readyz`. One that waits for its sink does. */
export function readinessOf({ state, reason }: Pick<Signs, 'state' | 'reason'>): Health {
  const ok = state === 'running' || state === 'blocked' || state === 'paused'
  return { ok, why: reason === null ? state : `${state}: ${reason}` }
}

const records = (count: number) => `${count} record${count === 1 ? '' : 's'}`
