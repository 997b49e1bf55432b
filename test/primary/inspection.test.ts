import t from 'tap'
import { Inspection, type InspectionParts } from '../../src/primary/inspection.js'
import { FakeClock } from '../fake-clock.js'

/** An inspection of one worker, of which the test says how it is. */
function inspect(worker: object | undefined, state = 'ready') {
  const clock = new FakeClock()
  const post = { place: { id: 'worker:1', role: 'worker', index: 1 }, current: worker, state }
  const parts = {
    clock,
    supervisor: { posts: [post].values() },
    router: () => ({ dispatch: { holdings: () => [] }, inHand: () => 0 }),
  }
  return { clock, inspection: new Inspection(parts as unknown as InspectionParts) }
}

const { signal } = new AbortController()

t.test('a process that cannot be looked into says why', async (t) => {
  const starting = inspect({ listens: false }, 'starting').inspection
  await t.rejects(starting.stack('worker:1'), { code: 'unknown_target', message: /only just starting/ })
  const waiting = inspect(undefined, 'backoff').inspection
  await t.rejects(waiting.profile({ target: 'worker:1', seconds: 1, signal }), {
    code: 'unknown_target',
    message: /worker:1 is in state backoff/,
  })
})

t.test('one that gives no answer is not waited for, and can be asked again', async (t) => {
  const visit = () => new Promise(() => {})
  const { clock, inspection } = inspect({
    listens: true,
    pid: 4711,
    visit,
    whereabouts: async () => undefined,
  })
  const noAnswer = { code: 'no_answer', message: /worker:1 \(pid 4711\) gave no answer for 5 s: .*SIGSTOP/ }
  await t.rejects(inspection.stack('worker:1'), noAnswer)
  const { inspection: other, clock: its } = inspect({ listens: true, pid: 4711, visit })
  const profile = other.profile({ target: 'worker:1', seconds: 60, signal })
  its.pass(5000)
  await t.rejects(profile, noAnswer)
  t.equal(clock.timers + its.timers, 0)
})

t.test('what a process says of itself is taken with care', async (t) => {
  const { inspection } = inspect({
    listens: true,
    pid: 4711,
    state: 'ready',
    whereabouts: async () => ({ stack: '    at f (w.mjs:1:1)', value: { place: 'x', id: 7, ids: 'no' } }),
  })
  t.same(await inspection.stack('worker:1'), {
    process: 'worker:1',
    pid: 4711,
    state: 'ready',
    stack: ['at f (w.mjs:1:1)'],
    record: null,
    atWork: { count: 0, ids: [] },
    inHand: 0,
    heldSeconds: null,
  })
})
