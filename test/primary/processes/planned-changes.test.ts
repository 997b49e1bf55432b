import t from 'tap'
import type { ChildProcess } from '../../../src/primary/processes/child-process.js'
import type { FakeFork } from './fake-fork.js'
import { stateOf, supervise } from './supervise.js'

/** Everybody is ready; a drain notes who is drained, and is over when the test says so. */
function running(more: Parameters<typeof supervise>[0] = {}) {
  const scene = supervise(more)
  scene.allReady()
  const drained: ChildProcess[] = []
  const drain = (leaves: FakeFork, handedOn = 0) => ({
    oneAtATime: false,
    drain: async (old: ChildProcess) => {
      drained.push(old)
      old.stop()
      await leaves.dies(0)
      return handedOn
    },
  })
  /** A process becomes ready, and goes on to live. */
  const works = async (fork: FakeFork) => {
    fork.becomesReady()
    await soon()
    scene.clock.pass(500)
  }
  return { ...scene, planned: scene.supervisor.planned, drained, drain, works }
}

/** Lets what was just told have its effect. */
const soon = () => new Promise((resolve) => setImmediate(resolve))

t.test('the new process is ready before the old one is drained', async (t) => {
  const { supervisor, planned, latest, watched, drained, drain, works } = running()
  const old = latest('worker:1')
  const report = planned.replace('worker:1', drain(old, 3))
  const fresh = latest('worker:1')
  t.not(fresh, old)
  t.equal(drained.length, 0)
  t.ok(watched.has(old.pid) && watched.has(fresh.pid))
  await works(fresh)
  t.match(await report, { process: 'worker:1', oldPid: old.pid, newPid: fresh.pid, handedOn: 3 })
  t.same(old.told, [{ type: 'stop' }])
  t.equal(supervisor.current('worker:1')?.pid, fresh.pid)
  t.match(supervisor.restarts, { worker: 0 })
  t.notOk(watched.has(old.pid))
})

t.test('a replacement tells whether the old process was killed, and with how many records', async (t) => {
  let inHand = 0
  const { planned, latest, works } = running({ gone: () => ({ returned: inHand, named: false }) })
  const replaceBy = async (signal: NodeJS.Signals | null) => {
    const old = latest('worker:1')
    const drain = () => old.dies(signal ? null : 0, signal).then(() => 0)
    const report = planned.replace('worker:1', { oneAtATime: false, drain })
    await works(latest('worker:1'))
    return report
  }
  t.match(await replaceBy(null), { killed: false, returned: 0 })
  inHand = 7
  t.match(await replaceBy('SIGKILL'), { killed: true, returned: 7 })
  inHand = 0
  t.match(await replaceBy(null), { killed: false, returned: 0 })
})

t.test('the old process stays if the new one dies before it is ready', async (t) => {
  const { supervisor, planned, latest, made, drained, drain } = running()
  const old = latest('worker:1')
  const report = planned.replace('worker:1', drain(old))
  const failed = t.rejects(report, {
    code: 'boot_failed',
    message: /the new worker:1 did not become ready, and the old one stays: .*exit code 1/,
  })
  await latest('worker:1').dies(1)
  await failed
  t.equal(drained.length, 0)
  t.equal(supervisor.current('worker:1')?.pid, old.pid)
  t.equal(made('worker:1'), 2)
  await old.dies(null, 'SIGKILL')
  t.equal(made('worker:1'), 3, 'and is replaced when it dies later')
})

t.test('a replacement is not held up by an old process that dies meanwhile', async (t) => {
  const { planned, latest, made, works } = running()
  const old = latest('worker:1')
  const report = planned.replace('worker:1', { oneAtATime: false, drain: () => new Promise(() => {}) })
  await old.dies(null, 'SIGKILL')
  await works(latest('worker:1'))
  t.match(await report, { oldPid: old.pid })
  t.equal(made('worker:1'), 2)
})

t.test(
  'where one at a time can work, the new process takes up its role when the old one is gone',
  async (t) => {
    const { planned, latest, notes, drained, drain } = running()
    const old = latest('sender')
    const report = planned.replace('sender', { ...drain(old), oneAtATime: true })
    const fresh = latest('sender')
    fresh.says({ type: 'hello' })
    t.same([drained.length, notes.at(-1)], [0, 'prepare sender/2'], 'it loads what it needs first')
    fresh.says({ type: 'prepared' })
    while (notes.at(-1) !== 'start sender/2') await soon()
    t.equal(drained.length, 1)
    fresh.says({ type: 'ready' })
    t.match(await report, { oldPid: old.pid, newPid: fresh.pid })
  },
)

t.test('where one at a time can work, the old process stays if the new one cannot load', async (t) => {
  const { supervisor, planned, latest, drained, drain } = running()
  const old = latest('sender')
  const report = planned.replace('sender', { ...drain(old), oneAtATime: true })
  latest('sender').says({ type: 'hello' })
  latest('sender').says({ type: 'failed', code: 'module_not_loadable', message: 'it is full of errors' })
  const failed = t.rejects(report, {
    code: 'boot_failed',
    message: /the old one stays: it is full of errors/,
  })
  await latest('sender').dies(1)
  await failed
  t.equal(drained.length, 0)
  t.equal(supervisor.current('sender')?.pid, old.pid)
  t.equal(stateOf(supervisor, 'sender'), 'ready')
})

t.test('a new process that is killed while the old one leaves is replaced by another', async (t) => {
  const { supervisor, planned, latest, made, notes } = running()
  const old = latest('sender')
  const report = planned.replace('sender', {
    oneAtATime: true,
    drain: async (leaves) => {
      leaves.stop()
      await latest('sender').dies(null, 'SIGKILL')
      await old.dies(0)
      return 0
    },
  })
  latest('sender').says({ type: 'hello' })
  latest('sender').says({ type: 'prepared' })
  while (made('sender') < 3) await soon()
  t.equal(notes.at(-1), 'start sender/3')
  latest('sender').becomesReady()
  t.match(await report, { oldPid: old.pid, newPid: latest('sender').pid })
  t.equal(stateOf(supervisor, 'sender'), 'ready')
})

t.test('a process that waits for its backoff is started at once', async (t) => {
  const { supervisor, planned, latest, made, drain } = running()
  for (let death = 0; death < 2; death++) {
    await latest('worker:1').dies(1)
    if (death === 0) latest('worker:1').becomesReady()
  }
  t.equal(stateOf(supervisor, 'worker:1'), 'backoff')
  const report = planned.replace('worker:1', drain(latest('worker:1')))
  t.equal(made('worker:1'), 3)
  latest('worker:1').becomesReady()
  t.match(await report, { oldPid: null, newPid: latest('worker:1').pid })
})

t.test('a process that starts is waited for, and one that leaves cannot be replaced', async (t) => {
  const { supervisor, planned, latest, made, drain, works } = running()
  await latest('worker:1').dies(null, 'SIGKILL')
  const started = latest('worker:1')
  const report = planned.replace('worker:1', drain(started))
  t.equal(made('worker:1'), 2)
  started.becomesReady()
  while (made('worker:1') < 3) await soon()
  await works(latest('worker:1'))
  t.match(await report, { oldPid: started.pid })

  supervisor.current('worker:2')!.stop()
  const none = drain(latest('worker:2'))
  await t.rejects(planned.replace('worker:2', none), { code: 'unknown_target', message: /draining/ })
  await t.rejects(planned.replace('worker:9', none), {
    code: 'unknown_target',
    message: /worker:9.*worker:2/,
  })
})

const third = { id: 'worker:3', role: 'worker', index: 3 } as const

t.test('the old process stays if the new one dies with its first records', async (t) => {
  const { supervisor, planned, latest, made, drained, drain } = running()
  const old = latest('worker:1')
  const failed = t.rejects(planned.replace('worker:1', drain(old)), {
    code: 'boot_failed',
    message: /the new worker:1 died as soon as it worked, and the old one stays: exit code 3/,
  })
  latest('worker:1').becomesReady()
  await latest('worker:1').dies(3)
  await failed
  t.equal(drained.length, 0)
  t.equal(supervisor.current('worker:1')?.pid, old.pid)
  t.equal(made('worker:1'), 2)
  t.match(supervisor.restarts, { worker: 0 })
})

t.test('a new process need not wait once it has handled records', async (t) => {
  const { supervisor, planned, latest, drain } = running()
  const old = latest('worker:1')
  const report = planned.replace('worker:1', drain(old))
  latest('worker:1').becomesReady()
  await soon()
  supervisor.handled(supervisor.current('worker:1')!)
  t.match(await report, { oldPid: old.pid })
})

t.test('a new process that does not become ready in time is killed, and the old one stays', async (t) => {
  const { supervisor, planned, latest, clock } = running()
  const old = latest('worker:1')
  const drain = { oneAtATime: false, drain: async () => 0 }
  const failed = t.rejects(planned.replace('worker:1', drain), {
    code: 'boot_failed',
    message: /and the old one stays: it took longer than 5 s \(`restart.startTimeout`\)/,
  })
  const fresh = latest('worker:1')
  clock.pass(5000)
  await soon()
  t.same(fresh.signals, ['SIGKILL'])
  await fresh.dies(null, 'SIGKILL')
  await failed
  t.equal(supervisor.current('worker:1')?.pid, old.pid)
})

t.test('a place is filled again whatever becomes of the new process while the old one drains', async (t) => {
  const { supervisor, planned, latest, made, works, clock } = running()
  const old = latest('worker:1')
  const report = planned.replace('worker:1', {
    oneAtATime: false,
    drain: async (leaves) => {
      leaves.stop()
      await latest('worker:1').dies(3)
      await latest('worker:1').dies(3)
      await old.dies(0)
      return 0
    },
  })
  await works(latest('worker:1'))
  await report
  clock.pass(1000)
  t.equal(made('worker:1'), 4)
  latest('worker:1').becomesReady()
  t.equal(stateOf(supervisor, 'worker:1'), 'ready')
})

t.test('a place is added when its first process is ready, and kept from then on', async (t) => {
  const { supervisor, planned, latest, made } = running()
  const added = planned.add(third)
  latest('worker:3').becomesReady()
  await added
  await latest('worker:3').dies(null, 'SIGKILL')
  t.equal(made('worker:3'), 2)
  t.match(supervisor.restarts, { worker: 1 })
})

t.test(
  'a place whose first process does not become ready is not added, and the pipeline goes on',
  async (t) => {
    const { supervisor, planned, latest, notes } = running()
    const refused = t.rejects(planned.add(third), {
      code: 'boot_failed',
      message: /it was not added: .*exit code 3/,
    })
    await latest('worker:3').dies(3)
    await refused
    t.equal(stateOf(supervisor, 'worker:3'), undefined)
    t.notOk(notes.some((note) => note.startsWith('cannotStart')))
  },
)

const broken = { why: 'some of what it said did not arrive', suspicious: false }

t.test('a first process that is lost on the way gets another try', async (t) => {
  const { supervisor, planned, latest, made } = running()
  const added = planned.add(third)
  await latest('worker:3').isLost(broken)
  t.equal(made('worker:3'), 2)
  latest('worker:3').becomesReady()
  await added
  t.equal(stateOf(supervisor, 'worker:3'), 'ready')
})

t.test('a place whose machine is gone is not tried again', async (t) => {
  const { supervisor, planned, latest, made, notes } = running()
  const refused = t.rejects(planned.add(third), { code: 'boot_failed' })
  supervisor.forsake(['worker:3'])
  await latest('worker:3').isLost(broken)
  await refused
  t.equal(made('worker:3'), 1)
  t.equal(stateOf(supervisor, 'worker:3'), undefined)
  t.ok(notes.includes('removed worker:3'), 'what is kept of it can be forgotten')
})

t.test('a place can be removed while its process is being replaced: both leave', async (t) => {
  const { supervisor, planned, latest, made } = running()
  const old = latest('worker:1')
  const left: string[] = []
  const drain = async (child: ChildProcess) => {
    left.push(child.key)
    child.stop()
    return 1
  }
  const replaced = t.rejects(planned.replace('worker:1', { oneAtATime: false, drain }), {
    code: 'unknown_target',
    message: /worker:1 is no more/,
  })
  const fresh = latest('worker:1')
  t.notOk(supervisor.keeps('worker:3'))
  t.ok(supervisor.keeps('worker:1'))
  const removed = planned.remove('worker:1', drain)
  t.notOk(supervisor.keeps('worker:1'), 'from the beginning of its end')
  await fresh.dies(0)
  await old.dies(0)
  await replaced
  t.equal(await removed, 2)
  t.same(left.sort(), ['worker:1/1', 'worker:1/2'])
  t.equal(made('worker:1'), 2)
  t.equal(stateOf(supervisor, 'worker:1'), undefined)
})

t.test('several may wait for the same process', async (t) => {
  const { planned, latest, drain, works, made } = running()
  const added = planned.add(third)
  const first = latest('worker:3')
  const report = planned.replace('worker:3', drain(first))
  first.becomesReady()
  await added
  while (made('worker:3') < 2) await soon()
  await works(latest('worker:3'))
  t.match(await report, { oldPid: first.pid })
})

t.test('a removed place is drained, and nobody fills it again, even if its process is killed', async (t) => {
  const { supervisor, planned, latest, made, drain } = running()
  t.equal(await planned.remove('worker:2', drain(latest('worker:2'), 5).drain), 5)
  const killed = latest('worker:1')
  await planned.remove('worker:1', async () => {
    await killed.dies(null, 'SIGKILL')
    return 0
  })
  t.same([made('worker:1'), made('worker:2')], [1, 1])
  t.same(
    [...supervisor.posts].map(({ place }) => place.id),
    ['sender'],
  )
})
