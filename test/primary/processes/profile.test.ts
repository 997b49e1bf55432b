import t from 'tap'
import { profileBy, type Visit } from '../../../src/primary/processes/profile.js'
import type { Session } from '../../../src/primary/processes/session.js'
import { FakeClock } from '../../fake-clock.js'

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A process that answers what it is asked, until it does not. */
function profiled({ silent = '' } = {}) {
  const clock = new FakeClock()
  const calls: string[] = []
  const intervals: unknown[] = []
  let leave!: () => void
  const session: Session = {
    call: async (method, params) => {
      calls.push(method)
      if (method === silent) await new Promise(() => {})
      if (method.endsWith('Interval')) intervals.push(params)
      return Buffer.from(method === 'Profiler.stop' ? '{"profile":{"nodes":[]}}' : '{}')
    },
    leaving: new Promise((resolve) => {
      leave = resolve
    }),
    isOpen: true,
    close: () => {},
  }
  const aborter = new AbortController()
  const take = (milliseconds: number, visit: Visit = (work) => work(session)) =>
    profileBy(visit, { milliseconds, clock, signal: aborter.signal })
  return { clock, calls, intervals, leave: () => leave(), aborter, session, take }
}

t.test('a profile is what its process found in the time that was given', async (t) => {
  const { clock, calls, intervals, take } = profiled()
  const taken = take(2000)
  await turn()
  t.equal(calls.includes('Profiler.start'), true)
  clock.pass(1999)
  await turn()
  t.notOk(calls.includes('Profiler.stop'))
  clock.pass(1)
  t.equal(String(await taken), '{"nodes":[]}')
  t.same(intervals, [{ interval: 1000 }])
  await turn()
  t.equal(clock.timers, 0)
})

t.test('a long profile has as many samples as one of a minute', async (t) => {
  const { intervals, take, aborter } = profiled()
  const taken = take(600_000)
  await turn()
  t.same(intervals, [{ interval: 10_000 }])
  aborter.abort()
  await t.rejects(taken, /nobody wants/)
})

t.test('a process that ends is profiled up to its end', async (t) => {
  const { leave, take } = profiled()
  const taken = take(60_000)
  await turn()
  leave()
  t.equal(String(await taken), '{"nodes":[]}')
})

t.test('nothing is stopped or read for nobody', async (t) => {
  const { aborter, calls, take, clock } = profiled()
  const taken = take(60_000)
  await turn()
  aborter.abort()
  await t.rejects(taken, /nobody wants/)
  t.notOk(calls.includes('Profiler.stop'), 'the end of its session is the end of the profile')
  t.equal(clock.timers, 0)
})

t.test('a process that does not begin, or does not stop, is given up on', async (t) => {
  for (const silent of ['Profiler.enable', 'Profiler.stop']) {
    const { clock, take } = profiled({ silent })
    const taken = take(1000)
    await turn()
    clock.pass(1000)
    await turn()
    clock.pass(5000)
    t.equal(await taken, undefined, silent)
  }
})

t.test('one that looks at the question when it is given up does not begin', async (t) => {
  const { clock, calls, session, take } = profiled()
  let continued!: () => void
  const stopped = new Promise<void>((resolve) => {
    continued = resolve
  })
  const taken = take(1000, async (work) => {
    await stopped
    await work(session)
  })
  clock.pass(5000)
  t.equal(await taken, undefined)
  continued()
  await turn()
  t.same(calls, [])
})

t.test('why a process cannot be profiled is told', async (t) => {
  const { take } = profiled()
  await t.rejects(
    take(1000, async () => {
      throw new Error('its inspector is gone')
    }),
    /its inspector is gone/,
  )
})
