import type { Holding } from '../../flow/ledger.js'
import { countOf } from '../../model/batch.js'
import type { HeldRun, InFlightReport } from '../../model/status.js'
import type { ChildProcess } from '../processes/child-process.js'
import { idOf } from '../router/record-id.js'
import type { Router } from '../router/router.js'

export interface InFlightParts {
  readonly name: string
  readonly router: Router
  readonly children: Iterable<ChildProcess>
  readonly now: number
}

interface Held {
  readonly child: ChildProcess
  readonly holding: Holding
}

/**
 * Gathers what `millrace inflight` prints. Only the ids of what is listed are looked up.
 *
 * @param limit runs of records to list, and retries, at the most
 */
export function reportInFlight(parts: InFlightParts, limit: number): InFlightReport {
  const { name, router, now } = parts
  const children = [...parts.children]
  const all: Held[] = children.flatMap((child) =>
    router.holdings(child).map((holding) => ({ child, holding })),
  )
  const oldest = all.sort((a, b) => a.holding.since - b.holding.since).slice(0, limit)
  return {
    name,
    inFlight: router.account.inFlight,
    waiting: {
      in: router.inQueue.waiting,
      out: router.outQueue?.waiting ?? 0,
      retry: router.retries.waiting,
      key: router.keyOrder?.parked ?? 0,
    },
    processes: children
      .map((child) => ({ process: child.place.id, pid: child.pid, inHand: router.inHand(child) }))
      .filter(({ inHand }) => inHand > 0),
    held: oldest.map((held) => runOf(held, now)),
    more: all.length - oldest.length,
    retries: router.retries.next(limit).map(({ piece, attempt, due }) => ({
      id: idOf(piece),
      attempt,
      dueInSeconds: seconds(Math.max(0, due - now)),
    })),
  }
}

function runOf({ child, holding }: Held, now: number): HeldRun {
  const { piece, attempt, since } = holding
  return {
    process: child.place.id,
    pid: child.pid,
    what: child.place.role === 'worker' ? 'records' : 'results',
    id: idOf(piece),
    count: countOf(piece) ?? null,
    attempt,
    ageSeconds: seconds(now - since),
  }
}

const seconds = (ms: number) => Math.round(ms) / 1000
