import t from 'tap'
import { stateOf, supervise } from './supervise.js'

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
    t.same(
      notes.filter((note) => note.startsWith('cannotStart')),
      [],
    )
    await latest('worker:1').dies(1)
    t.equal(notes.at(-1), 'cannotStart worker:1/2')
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

t.test('connections that break cost no restart budget, whenever they do', async (t) => {
  const { latest, made, allReady, clock, notes, events } = supervise()
  const lost = { why: 'some of what it said did not arrive', suspicious: false }
  await latest('worker:1').isLost(lost)
  allReady()
  for (let i = 0; i < 10; i++) {
    await latest('worker:1').isLost(lost)
    clock.pass(1000)
    latest('worker:1').becomesReady()
  }
  t.equal(made('worker:1'), 12)
  t.notOk(notes.some((note) => /^(spent|cannotStart)/.test(note)))
  t.match(
    events.findLast(({ type }) => type === 'restartScheduled'),
    { budgetLeft: 3 },
  )
})
