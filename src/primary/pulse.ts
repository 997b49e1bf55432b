import { systemClock } from '../model/clock.js'
import type { Pulse } from '../model/pulse.js'
import type { LifeCycle } from './life-cycle.js'
import type { Supervisor } from './processes/supervisor.js'
import type { Router } from './router/router.js'

export interface PulseParts {
  readonly router: Router
  readonly supervisor: Supervisor
  readonly life: LifeCycle
}

/** How the pipeline is now. Costs a look at each process, and asks none. */
export function takePulse(parts: PulseParts): Pulse {
  const { life, router } = parts
  const { account } = router
  const { read, retried, results } = account.counters
  return {
    state: life.state,
    reason: life.reason,
    read,
    settled: account.settled,
    inFlight: account.inFlight,
    steps: read + retried + results + account.settled,
    waitsFor: waitsFor(parts) ?? null,
  }
}

function waitsFor({ life, router, supervisor }: PulseParts): string | undefined {
  const { phase, reason } = life
  if (phase === 'starting' || phase === 'closing' || phase === 'over') return 'the processes'
  if (life.state === 'paused' || life.state === 'blocked') return reason ?? life.state
  if (router.account.inFlight === 0) return 'more to read'
  for (const post of supervisor.posts) {
    const { place, state } = post
    if (state !== 'ready' && !(place.role === 'writer' && router.intake.ended))
      return `${place.id}, which is ${state}`
  }
  for (const child of supervisor.children()) {
    const held = router.inHand(child)
    if (held > 0) return `${child.place.id}, which has ${held} in hand`
  }
  if (router.keepingLetters) return 'the dead letters to be kept'
  const now = systemClock.now()
  if ((router.retries.nextDue ?? now) > now) return 'their next attempt'
  return (router.rate.nextAt(now) ?? now) > now ? 'their turn, by the rate' : undefined
}
