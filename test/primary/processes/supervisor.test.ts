import t from 'tap'
import type { ChildProcess } from '../../../src/primary/processes/child-process.js'
import { Supervisor, type SupervisorParts } from '../../../src/primary/processes/supervisor.js'
import type { PipelineEvent } from '../../../src/telemetry/events.js'
import { FakeClock } from '../../fake-clock.js'
import { FakeFork } from './fake-fork.js'

const places = [
  { id: 'sender', role: 'sender', index: 1 },
  { id: 'worker:1', role: 'worker', index: 1 },
  { id: 'worker:2', role: 'worker', index: 2 },
] as const

/** A supervisor of fake processes, and notes of all that it does. */
function supervise(more: Partial<SupervisorParts> = {}) {
  const clock = new FakeClock()
  const forks: { readonly id: string; readonly fork: FakeFork }[] = []
  const events: PipelineEvent[] = []
  const watched = new Set<number>()
  const notes: string[] = []
  const supervisor = new Supervisor({
    settings: { intensity: 3, period: 60_000, backoff: 100, maxBackoff: 1000 },
    clock,
    reaper: { watch: (pid) => void watched.add(pid), forget: (pid) => void watched.delete(pid) },
    fork: ({ id }) => {
      const fork = new FakeFork()
      forks.push({ id, fork })
      return fork
    },
    start: () => {},
    emit: (event) => events.push(event),
    ready: ({ key }) => notes.push(`ready ${key}`),
    message: () => {},
    told: () => {},
    line: () => {},
    gone: () => ({ returned: 0, named: false }),
    replaces: () => true,
    cannotStart: (child, { failure }) => notes.push(`cannotStart ${child.key} ${failure?.code ?? ''}`.trim()),
    spent: ({ id }) => notes.push(`spent ${id}`),
    ...more,
  })
  supervisor.fill(places)
  const latest = (id: string) => forks.findLast((forked) => forked.id === id)!.fork
  const made = (id: string) => forks.filter((forked) => forked.id === id).length
  const allReady = () => {
    for (const { fork } of forks) fork.becomesReady()
  }
  return { supervisor, clock, forks, events, watched, notes, latest, made, allReady }
}

const stateOf = (supervisor: Supervisor, id: string) =>
  supervisor.stateOf([...supervisor.posts].find(({ place }) => place.id === id)!)

t.test('the first replacement is immediate, and no sibling is touched', async (t) => {
  const { latest, made, allReady, forks, events } = supervise()
  allReady()
  const siblings = [latest('sender'), latest('worker:2')]
  await latest('worker:1').dies(null, 'SIGKILL')
  t.equal(made('worker:1'), 2)
  t.equal(forks.length, 4)
  for (const { told, signals } of siblings) t.same([told, signals], [[], []])
  t.match(events.at(-2), { type: 'restartScheduled', process: 'worker:1', inMs: 0, budgetLeft: 2 })
})

t.test(
  'deaths without progress wait ever longer, and progress makes the next replacement immediate',
  async (t) => {
    const { supervisor, latest, made, allReady, clock } = supervise()
    allReady()
    await latest('worker:1').dies(1)
    latest('worker:1').becomesReady()
    await latest('worker:1').dies(1)
    t.equal(made('worker:1'), 2)
    t.equal(stateOf(supervisor, 'worker:1'), 'backoff')
    clock.pass(100)
    t.equal(made('worker:1'), 3)
    t.equal(stateOf(supervisor, 'worker:1'), 'starting')
    latest('worker:1').becomesReady()
    supervisor.progressed('worker:1')
    await latest('worker:1').dies(1)
    t.equal(made('worker:1'), 4)
  },
)

t.test('a spent budget is told once, and comes back with time', async (t) => {
  const { supervisor, latest, made, allReady, clock, notes, events } = supervise()
  allReady()
  for (let death = 0; death < 3; death++) {
    await latest('worker:1').dies(null, 'SIGKILL')
    clock.pass(1000)
    latest('worker:1').becomesReady()
  }
  clock.pass(60_000)
  await latest('worker:1').dies(1)
  clock.pass(1000)
  t.equal(made('worker:1'), 5, 'the deaths of more than a period ago are forgotten')
  for (let death = 0; death < 3; death++) {
    await latest('worker:1').dies(null, 'SIGKILL')
    clock.pass(1000)
  }
  t.same(
    notes.filter((note) => note.startsWith('spent')),
    ['spent worker:1'],
  )
  t.ok(events.some(({ type }) => type === 'restartBudgetSpent'))
  t.equal(supervisor.current('worker:1'), undefined)
  t.equal(supervisor.current('worker:2')?.state, 'ready')
})

t.test(
  'a process that dies before any in its place was ready cannot start, unless a signal killed it',
  async (t) => {
    const { latest, made, notes } = supervise()
    await latest('worker:1').dies(null, 'SIGKILL')
    t.equal(made('worker:1'), 2)
    t.same(notes, [])
    await latest('worker:1').dies(1)
    t.same(notes, ['cannotStart worker:1/2'])
    t.equal(made('worker:1'), 2)
  },
)

t.test('a process that says that it cannot go on is not replaced, though it was ready', async (t) => {
  const { latest, made, notes, allReady } = supervise()
  allReady()
  latest('sender').says({ type: 'failed', code: 'sink_unwritable', message: 'no' })
  await latest('sender').dies(1)
  t.equal(made('sender'), 1)
  t.ok(notes.includes('cannotStart sender/1 sink_unwritable'))
})

t.test(
  'a planned replacement starts the new one first, and drains the old one when it is ready',
  async (t) => {
    const { supervisor, latest, allReady, watched } = supervise()
    allReady()
    const old = latest('worker:1')
    const drained: ChildProcess[] = []
    const report = supervisor.replace('worker:1', async (child) => {
      drained.push(child)
      child.stop()
      await old.dies(0)
    })
    const fresh = latest('worker:1')
    t.not(fresh, old)
    t.equal(drained.length, 0)
    t.ok(watched.has(old.pid) && watched.has(fresh.pid))
    fresh.becomesReady()
    t.match(await report, { process: 'worker:1', oldPid: old.pid, newPid: fresh.pid })
    t.same(old.told, [{ type: 'stop' }])
    t.equal(supervisor.current('worker:1')?.pid, fresh.pid)
    t.equal([...supervisor.posts].find(({ place }) => place.id === 'worker:1')?.restarts, 0)
    t.notOk(watched.has(old.pid))
  },
)

t.test(
  'a planned replacement tells whether the old process was killed, and with how many records',
  async (t) => {
    let inHand = 0
    const { supervisor, latest, allReady } = supervise({ gone: () => ({ returned: inHand, named: false }) })
    allReady()
    const replaceBy = (signal: NodeJS.Signals | null) => {
      const old = latest('worker:1')
      const report = supervisor.replace('worker:1', () => old.dies(signal ? null : 0, signal))
      latest('worker:1').becomesReady()
      return report
    }
    t.match(await replaceBy(null), { killed: false, returned: 0 })
    inHand = 7
    t.match(await replaceBy('SIGKILL'), { killed: true, returned: 7 })
    inHand = 0
    t.match(await replaceBy(null), { killed: false, returned: 0 })
  },
)

t.test('the old process stays if the new one dies before it is ready', async (t) => {
  const { supervisor, latest, made, allReady } = supervise()
  allReady()
  const old = latest('worker:1')
  const report = supervisor.replace('worker:1', async () => {
    t.fail('nothing to drain')
  })
  const failed = t.rejects(report, { code: 'boot_failed' })
  await latest('worker:1').dies(1)
  await failed
  t.equal(supervisor.current('worker:1')?.pid, old.pid)
  t.equal(made('worker:1'), 2)
  await old.dies(null, 'SIGKILL')
  t.equal(made('worker:1'), 3, 'and is replaced when it dies later')
})

t.test('a replacement is not held up by an old process that dies meanwhile', async (t) => {
  const { supervisor, latest, made, allReady } = supervise()
  allReady()
  const old = latest('worker:1')
  const report = supervisor.replace('worker:1', () => new Promise(() => {}))
  await old.dies(null, 'SIGKILL')
  latest('worker:1').becomesReady()
  t.match(await report, { oldPid: old.pid })
  t.equal(made('worker:1'), 2)
})

t.test('what cannot be replaced now is refused, and the place is named', async (t) => {
  const { supervisor } = supervise()
  const none = async () => {}
  await t.rejects(supervisor.replace('worker:9', none), {
    code: 'unknown_target',
    message: /worker:9.*worker:2/,
  })
  await t.rejects(supervisor.replace('worker:1', none), { code: 'unknown_target', message: /starting/ })
})

t.test('at the end everybody is stopped, nobody is replaced, and nobody is left', async (t) => {
  const { supervisor, latest, allReady, forks, clock, watched } = supervise()
  allReady()
  await latest('worker:1').dies(1)
  latest('worker:1').becomesReady()
  await latest('worker:1').dies(1)
  t.equal(stateOf(supervisor, 'worker:1'), 'backoff')
  supervisor.stopAll()
  const ended = supervisor.end()
  t.same(latest('sender').told, [{ type: 'stop' }])
  await latest('sender').dies(0)
  await latest('worker:2').dies(null, 'SIGKILL')
  await ended
  clock.pass(10_000)
  t.equal(forks.length, 4)
  t.equal(watched.size, 0)
  t.same([...supervisor.children()], [])
})

t.test('a death with records in hand is not a planned one, even if it was asked for', async (t) => {
  const { supervisor, latest, made, allReady, events } = supervise({
    gone: () => ({ returned: 7, named: false }),
  })
  allReady()
  supervisor.current('worker:1')!.stop()
  await latest('worker:1').dies(0)
  t.match(
    events.find(({ type }) => type === 'processExited'),
    { planned: false, returned: 7 },
  )
  t.equal(made('worker:1'), 2)
})
