import t from 'tap'
import { healthOf, patienceOf, readinessOf, type Signs } from '../../src/telemetry/health.js'

const stalled: Signs = {
  state: 'running',
  reason: null,
  inStateSeconds: 1000,
  inFlight: 3,
  waitingForRetry: 0,
  quietSeconds: 301,
  sinceRetrySeconds: null,
  patienceSeconds: 300,
  oldest: { id: 'count:7', process: 'worker:2', ageSeconds: 300.6 },
}

t.test(
  'work in hand of which nothing is settled for too long is no health, and says who has it',
  async (t) => {
    t.same(healthOf(stalled), {
      ok: false,
      why: 'nothing was settled for 301 s, with 3 records in flight; worker:2 has had count:7 in hand for 301 s',
    })
    t.same(healthOf({ ...stalled, inFlight: 1, oldest: null }), {
      ok: false,
      why: 'nothing was settled for 301 s, with 1 record in flight',
    })
  },
)

t.test('progress is health, and so is having nothing to do', async (t) => {
  t.same(healthOf({ ...stalled, quietSeconds: 300 }), { ok: true, why: '3 records in flight' })
  t.same(healthOf({ ...stalled, inFlight: 0, quietSeconds: null }), { ok: true, why: 'nothing to do' })
})

t.test('what a restart would not cure is no reason for one', async (t) => {
  const reason = 'the sink fails'
  for (const state of ['starting', 'paused', 'blocked', 'draining', 'finished', 'failed'] as const) {
    t.same(healthOf({ ...stalled, state, reason }), { ok: true, why: `${state}: the sink fails` })
  }
  t.match(healthOf({ ...stalled, waitingForRetry: 3 }), { ok: true, why: /waiting for a retry/ })
  t.match(healthOf({ ...stalled, waitingForRetry: 2 }), { ok: false })
})

t.test('a pipeline that was paused until now has time to get going again', async (t) => {
  t.match(healthOf({ ...stalled, quietSeconds: 86_400, inStateSeconds: 2 }), { ok: true })
  t.match(healthOf({ ...stalled, quietSeconds: 86_400, inStateSeconds: 400 }), { ok: false, why: /400 s/ })
})

t.test(
  'what waits behind a record that waits for its next attempt is no stall, until that was due for long',
  async (t) => {
    const behind = { ...stalled, quietSeconds: 86_400, waitingForRetry: 1 }
    t.match(healthOf({ ...behind, sinceRetrySeconds: -20 }), { ok: true })
    t.match(
      healthOf({ ...behind, waitingForRetry: 0, sinceRetrySeconds: 2 }),
      { ok: true },
      'it is tried again',
    )
    t.match(
      healthOf({ ...behind, sinceRetrySeconds: 301 }),
      { ok: false, why: /for 301 s/ },
      'nobody tries it',
    )
  },
)

t.test('a timeout or a rate that lets records take longer is waited for', async (t) => {
  const minutes = (count: number) => count * 60_000
  t.equal(patienceOf({ stalledAfter: minutes(5) }, null), 300)
  t.equal(patienceOf({ stalledAfter: minutes(5), timeout: minutes(1) }, 1000), 300)
  t.equal(patienceOf({ stalledAfter: minutes(5), timeout: minutes(10) }, null), 1200)
  t.equal(patienceOf({ stalledAfter: minutes(5) }, 1 / 360), 1080)
})

t.test('a pipeline is ready while it takes part in the work, and says why when it does not', async (t) => {
  for (const state of ['running', 'paused', 'blocked'] as const)
    t.same(readinessOf({ state, reason: null }), { ok: true, why: state })
  t.same(readinessOf({ state: 'starting', reason: null }), { ok: false, why: 'starting' })
  t.same(readinessOf({ state: 'failed', reason: 'no disk' }), { ok: false, why: 'failed: no disk' })
  t.match(readinessOf({ state: 'draining', reason: null }), { ok: false })
  t.match(readinessOf({ state: 'finished', reason: null }), { ok: false })
})
