import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { MillraceError } from '../../src/errors.js'
import { encodePacket } from '../../src/join/packet.js'
import { LOST_MS } from '../../src/join/vigil.js'
import { PROTOCOL } from '../../src/join/words.js'
import type { FromChild } from '../../src/link/control.js'
import { FakeClock } from '../fake-clock.js'
import { FakeBus } from '../join/fake-bus.js'
import { specOf } from '../specs.js'
import { NAME, outpostOn, primaryOn, twoSides } from './two-sides.js'

t.test('a machine says hello until a pipeline answers, and once that it waits', async (t) => {
  const bus = new FakeBus()
  const clock = new FakeClock()
  const { told } = outpostOn(bus, clock)
  clock.pass(20_000)
  t.same(told(), ['outpostWaiting'])
  const { events } = primaryOn(bus, clock)
  clock.pass(1000)
  t.same(told(), ['outpostWaiting', 'outpostJoined'])
  t.match(events, [{ type: 'machineJoined', workers: ['worker:2', 'worker:3'] }])
  clock.pass(60_000)
  t.equal(events.length, 1, 'each hears that the other lives')
})

t.test('a process there is led as if it were here', async (t) => {
  const { primary, elsewhere } = twoSides()
  const [fork] = elsewhere.forks
  const process = primary.forked.get('worker:2')!
  const heard: FromChild[] = []
  const said: string[] = []
  process.onMessage((message) => heard.push(message))
  process.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text))
  t.equal(process.pid, fork!.pid)
  fork!.says({ type: 'hello' })
  const worker = { concurrency: 1, delivers: true, module: { path: '/here/worker.mjs', with: {} } }
  process.tell({ type: 'start', spec: specOf('worker', { worker }) })
  t.match(fork!.told, [{ type: 'start', spec: { worker: { module: { path: '/there/worker.mjs' } } } }])
  fork!.stderr.write('a line\n')
  await turn()
  t.same(heard, [{ type: 'hello' }])
  t.same(said, ['a line\n'])
  process.kill('SIGKILL')
  t.same(fork!.signals, ['SIGKILL'])
})

t.test('what a process wrote before its death is heard before its end', async (t) => {
  const { primary, elsewhere } = twoSides()
  const [fork] = elsewhere.forks
  const process = primary.forked.get('worker:2')!
  const happened: string[] = []
  process.link.read.on('data', (bytes: Buffer) => happened.push(`link ${bytes}`))
  process.link.read.once('close', () => happened.push('link closed'))
  process.onDisconnect(() => happened.push('channel closed'))
  const exited = new Promise<void>((resolve) => process.onExit(() => resolve()))
  ;(fork!.link.read as unknown as NodeJS.WritableStream).write('its last words')
  await turn()
  fork!.disconnects()
  await fork!.closesLink()
  fork!.exits(null, 'SIGKILL')
  await exited
  await turn()
  t.same(happened, ['link its last words', 'channel closed', 'link closed'])
  t.equal(elsewhere.watched.size, 1, 'nobody guards a process that has ended')
})

t.test('a process that prints faster than the primary reads is held up', async (t) => {
  const { primary, elsewhere } = twoSides()
  const { stderr } = elsewhere.forks[0]!
  const process = primary.forked.get('worker:2')!
  for (let i = 0; i < 20; i++) stderr.write('x'.repeat(2 ** 14))
  await turn()
  t.ok(stderr.isPaused())
  process.stderr.resume()
  for (let i = 0; i < 5; i++) await turn()
  t.notOk(stderr.isPaused())
})

t.test(
  'a machine to which more is to be said than the server takes is dismissed with the reason',
  async (t) => {
    const { bus, primary, elsewhere } = twoSides()
    bus.largest = 600
    const worker = {
      concurrency: 1,
      delivers: true,
      module: { path: '/w.mjs', with: { much: 'x'.repeat(600) } },
    }
    primary.forked.get('worker:2')!.tell({ type: 'start', spec: specOf('worker', { worker }) })
    for (const fork of elsewhere.forks) await fork.dies(null, 'SIGKILL')
    await t.rejects(elsewhere.outpost.finished, { code: 'broker_unfit', message: /max_payload/ })
    t.match(primary.events.at(-1), { type: 'machineLeft', how: 'dismissed', why: /takes messages of 600/ })
  },
)

t.test('a primary that hears nothing for long enough goes on without the machine', async (t) => {
  const { bus, clock, primary } = twoSides()
  bus.losing = Number.POSITIVE_INFINITY
  clock.pass(LOST_MS + 1000)
  t.match(primary.events.at(-1), { type: 'machineLeft', how: 'lost', why: /nothing was heard/ })
  t.equal(primary.ended[0], 'forsaken worker:2 worker:3', 'nobody is to take its places')
  t.match(primary.ended.slice(1), [/^worker:2 .*nothing was heard/, /^worker:3 .*nothing was heard/])
})

t.test('a machine that hears nothing for long enough ends its processes, and joins anew', async (t) => {
  const { bus, clock, primary, elsewhere } = twoSides()
  bus.losing = Number.POSITIVE_INFINITY
  clock.pass(LOST_MS + 1000)
  const first = elsewhere.forks.slice(0, 2)
  t.ok(first.every(({ signals }) => signals.includes('SIGKILL')))
  t.same(elsewhere.told(), ['outpostJoined', 'outpostAlone'])
  bus.losing = 0
  clock.pass(5000)
  t.equal(elsewhere.forks.length, 2, 'not before those that it had are gone')
  for (const fork of first) await fork.dies(null, 'SIGKILL')
  await turn()
  clock.pass(2000)
  t.same(elsewhere.told(), ['outpostJoined', 'outpostAlone', 'outpostJoined'])
  t.match(primary.events.at(-1), { type: 'machineJoined', workers: ['worker:4', 'worker:5'] })
})

t.test('what gets lost on its way to one process ends that process, and no other', async (t) => {
  const { bus, clock, primary, elsewhere } = twoSides()
  bus.losing = 1
  primary.forked.get('worker:2')!.tell({ type: 'drain' })
  clock.pass(1000)
  t.same(primary.ended, [], 'its records stay until it is dead')
  t.same(
    elsewhere.forks.map(({ signals }) => signals),
    [['SIGKILL'], []],
  )
  await elsewhere.forks[0]!.dies(null, 'SIGKILL')
  t.match(primary.ended, [/^worker:2 some of what the primary said to it did not arrive/])
  t.equal(primary.events.length, 1, 'the machine stays')
})

t.test('what gets lost of what one process said ends that process, and no other', async (t) => {
  const { bus, clock, primary, elsewhere } = twoSides()
  bus.losing = 1
  elsewhere.forks[0]!.says({ type: 'hello' })
  clock.pass(1000)
  t.same(primary.ended, [], 'its records stay until it is dead')
  t.same(
    elsewhere.forks.map(({ signals }) => signals),
    [['SIGKILL'], []],
    'it is killed there',
  )
  await elsewhere.forks[0]!.dies(null, 'SIGKILL')
  t.match(primary.ended, [/^worker:2 some of what it said to the primary did not arrive/])
})

t.test('a machine that leaves waits until its workers have finished', async (t) => {
  let finish: () => void = () => {}
  const release = () => new Promise<void>((resolve) => (finish = resolve))
  const { primary, elsewhere } = twoSides({ primary: { release } })
  elsewhere.outpost.leave('SIGTERM')
  elsewhere.outpost.leave('SIGTERM')
  t.same(elsewhere.told(), ['outpostJoined', 'outpostLeaving'])
  finish()
  await turn()
  t.same(elsewhere.told(), ['outpostJoined', 'outpostLeaving', 'outpostEnded'])
  t.match(primary.events.at(-1), { type: 'machineLeft', how: 'left' })
  for (const fork of elsewhere.forks) await fork.dies(0)
  t.equal(await elsewhere.outpost.finished, 0)
})

t.test('one that must leave at once says so, and gives its records back', async (t) => {
  for (const how of ['insisted', 'deadline'] as const) {
    const { clock, primary, elsewhere } = twoSides({ primary: { release: () => new Promise(() => {}) } })
    elsewhere.outpost.leave('SIGTERM')
    if (how === 'insisted') elsewhere.outpost.leaveNow()
    else clock.pass(30_000)
    t.match(primary.events.at(-1), { type: 'machineLeft', how: 'left', why: 'it was ended at once' })
    for (const fork of elsewhere.forks) await fork.dies(null, 'SIGKILL')
    t.equal(await elsewhere.outpost.finished, 75)
  }
})

t.test('one that is lost while it leaves does not join again', async (t) => {
  const { bus, clock, elsewhere } = twoSides({ primary: { release: () => new Promise(() => {}) } })
  elsewhere.outpost.leave('SIGTERM')
  bus.losing = Number.POSITIVE_INFINITY
  clock.pass(LOST_MS + 1000)
  for (const fork of elsewhere.forks) await fork.dies(null, 'SIGKILL')
  t.equal(await elsewhere.outpost.finished, 75)
})

t.test('hellos that somebody makes up do not fill the primary', async (t) => {
  const bus = new FakeBus()
  const { events } = primaryOn(bus, new FakeClock())
  const hello = { protocol: 2, version: '1.2.3', host: 'nowhere', pid: 1, workers: 1 }
  for (let i = 0; i < 1000; i++)
    bus.publish(`millrace.${NAME}.join.hello`, Buffer.from(JSON.stringify({ ...hello, id: `id-${i}` })))
  t.equal(events.length, 256)
  t.match(Buffer.from(bus.published.at(-1)!.bytes).toString(), '256 machines have joined already')
})

t.test('only a machine that fell silent may have been taken along by a record', async (t) => {
  const causes = {
    silent: ({ bus, clock }: ReturnType<typeof twoSides>) => {
      bus.losing = Number.POSITIVE_INFINITY
      clock.pass(LOST_MS + 1000)
    },
    gap: async ({ bus, primary, clock, elsewhere }: ReturnType<typeof twoSides>) => {
      bus.losing = 1
      primary.forked.get('worker:2')!.tell({ type: 'drain' })
      clock.pass(1000)
      await elsewhere.forks[0]!.dies(null, 'SIGKILL')
    },
    ended: ({ elsewhere }: ReturnType<typeof twoSides>) => {
      elsewhere.outpost.leave('SIGTERM')
      elsewhere.outpost.leaveNow()
    },
    dismissed: ({ primary }: ReturnType<typeof twoSides>) =>
      primary.machines.dismiss('worker:3', new MillraceError('restart_budget_spent', 'it died too often')),
  }
  for (const [cause, happens] of Object.entries(causes)) {
    const sides = twoSides({ primary: { release: () => new Promise(() => {}) } })
    sides.elsewhere.outpost.finished.catch(() => {})
    let lost: unknown
    sides.primary.forked.get('worker:2')!.onExit((_code, _signal, instead) => (lost = instead?.lost))
    await happens(sides)
    t.match(lost, { suspicious: cause === 'silent' }, cause)
  }
})

t.test('a machine that leaves before its workers are ready has done nothing wrong', async (t) => {
  let refuse: (error: Error) => void = () => {}
  let finish: () => void = () => {}
  const { primary, elsewhere } = twoSides({
    primary: {
      admit: () => new Promise((_, reject) => (refuse = reject)),
      release: () => new Promise<void>((resolve) => (finish = resolve)),
    },
  })
  elsewhere.outpost.leave('SIGTERM')
  refuse(new MillraceError('boot_failed', 'the new worker:2 did not become ready'))
  await turn()
  finish()
  t.equal(await elsewhere.outpost.finished, 0)
  t.match(primary.events.at(-1), { type: 'machineLeft', how: 'left' })
})

t.test('a machine whose workers cannot be drained does not say that all was finished', async (t) => {
  const release = () => Promise.reject(new Error('the pipeline is over'))
  const { elsewhere } = twoSides({ primary: { release } })
  elsewhere.outpost.leave('SIGTERM')
  await turn()
  for (const fork of elsewhere.forks) await fork.dies(null, 'SIGKILL')
  t.equal(await elsewhere.outpost.finished, 75)
})

t.test('workers elsewhere are bounded in all', async (t) => {
  const bus = new FakeBus()
  const { events } = primaryOn(bus, new FakeClock(), { admit: async () => {} })
  const hello = { protocol: PROTOCOL, version: '1.2.3', host: 'large', pid: 1, workers: 1024 }
  for (let i = 0; i < 5; i++)
    bus.publish(`millrace.${NAME}.join.hello`, Buffer.from(JSON.stringify({ ...hello, id: `id-${i}` })))
  t.equal(events.length, 4)
  t.match(
    Buffer.from(bus.published.at(-1)!.bytes).toString(),
    '4096 workers are elsewhere already, and 4096 at the most may be',
  )
})

t.test('one that waits for a pipeline may leave at any time', async (t) => {
  const { outpost } = outpostOn(new FakeBus(), new FakeClock())
  outpost.leave('SIGINT')
  t.equal(await outpost.finished, 0)
})

t.test('another version is refused for good, and says which is needed', async (t) => {
  const { elsewhere } = twoSides({ outpost: { version: '9.9.9' } })
  await t.rejects(elsewhere.outpost.finished, { code: 'not_taken_in', message: /1\.2\.3.*9\.9\.9/ })
})

t.test('a pipeline that ends takes nobody in, and the machine waits for the next', async (t) => {
  const bus = new FakeBus()
  const clock = new FakeClock()
  const { life } = primaryOn(bus, clock)
  Object.assign(life, { phase: 'ending', state: 'draining' })
  const { told, events } = outpostOn(bus, clock)
  clock.pass(10_000)
  t.match(events, [{ type: 'outpostWaiting', why: 'the pipeline is draining' }])
  Object.assign(life, { phase: 'running', state: 'running' })
  clock.pass(2000)
  t.equal(told().at(-1), 'outpostJoined')
})

t.test('nobody is taken in before the pipeline itself can work', async (t) => {
  const bus = new FakeBus()
  const clock = new FakeClock()
  const { life } = primaryOn(bus, clock)
  life.phase = 'starting'
  const { told } = outpostOn(bus, clock)
  clock.pass(1500)
  t.same(told(), [])
  life.phase = 'running'
  clock.pass(1000)
  t.equal(told().at(-1), 'outpostJoined')
})

t.test('a machine ends with its pipeline: well, or not', async (t) => {
  for (const [outcome, failed, code] of [
    ['finished', false, 0],
    ['failed', true, 1],
  ] as const) {
    const { primary, elsewhere } = twoSides()
    await primary.machines.close(outcome, failed)
    for (const fork of elsewhere.forks) await fork.dies(0)
    t.equal(await elsewhere.outpost.finished, code)
    t.match(elsewhere.events.at(-1), { type: 'outpostEnded', why: `the pipeline ${outcome}` })
  }
})

t.test(
  'a machine whose workers cannot work is dismissed with the reason, and the pipeline goes on',
  async (t) => {
    const cause = new MillraceError('module_not_loadable', '/there/worker.mjs could not be loaded')
    const admit = () =>
      Promise.reject(new MillraceError('boot_failed', `not ready: ${cause.message}`, { cause }))
    const { primary, elsewhere } = twoSides({ primary: { admit } })
    await t.rejects(elsewhere.outpost.finished, {
      code: 'module_not_loadable',
      message: /could not be loaded/,
    })
    t.match(primary.events.at(-1), { type: 'machineLeft', how: 'dismissed' })
  },
)

t.test('a place that cannot be filled any more is the end of its machine alone', async (t) => {
  const { primary, elsewhere } = twoSides()
  primary.machines.dismiss('worker:1', new MillraceError('boot_failed', 'of this machine'))
  t.equal(primary.events.length, 1)
  primary.machines.dismiss('worker:3', new MillraceError('restart_budget_spent', 'worker:3 died too often'))
  for (const fork of elsewhere.forks) await fork.dies(null, 'SIGKILL')
  await t.rejects(elsewhere.outpost.finished, { code: 'restart_budget_spent' })
})

t.test('what makes no sense ends what is between the two, and it begins anew', async (t) => {
  const { bus, primary, elsewhere } = twoSides()
  for (const text of ['{}', '{"protocol":1}', 'rubbish'])
    bus.publish(`millrace.${NAME}.join.hello`, Buffer.from(text))
  t.equal(primary.events.length, 1)
  const { subject } = bus.published.find(({ subject }) => subject.endsWith('.up'))!
  const packet = { kind: 'note', channel: 0, number: 0, body: Buffer.from('{"type":"beat"}') } as const
  bus.publish(subject, encodePacket(packet))
  t.match(primary.events.at(-1), { type: 'machineLeft', how: 'lost' })
  t.equal(elsewhere.told().at(-1), 'outpostAlone')
})

t.test('a process whose machine is gone before it is made is lost, and not waited for', async (t) => {
  const { primary } = twoSides()
  const process = primary.machines.fork({ id: 'worker:9', role: 'worker', index: 9, host: 'box' })
  const how = await new Promise((resolve) => process.onExit((_code, _signal, instead) => resolve(instead)))
  t.same(how, { lost: { why: 'box is gone', suspicious: false } })
})
