import { connect } from '@nats-io/transport-node'
import t from 'tap'
import { statusOf } from '../from-outside.js'
import { childrenOf, eventually, isRunning } from '../processes.js'
import { hasTold, ready, skip, TwoMachines, toldBy } from '../two-machines.js'

t.test(
  'workers of a machine that has joined take their share, and every record is done once',
  { skip },
  async (t) => {
    const machines = await TwoMachines.make(t)
    const run = machines.run()
    const outpost = machines.join()
    await ready(run)
    const { processes } = await statusOf(run)
    t.match(
      processes.map(({ id, host }) => [id, host]),
      [
        ['writer', null],
        ['worker:1', null],
        ['worker:2', String],
        ['worker:3', String],
        ['sender', null],
      ],
    )
    machines.openGate()
    await machines.expectAllOnce(run)
    for (const worker of ['1', '2', '3'])
      t.ok(machines.signatures.includes(worker), `worker:${worker} took part`)
    t.match(await outpost.ended, { code: 0 }, 'it ends with the pipeline')
    t.match(toldBy(outpost, 'outpostEnded'), [{ why: 'the pipeline finished' }])
  },
)

t.test(
  'a worker elsewhere that is killed is replaced there, nothing is lost or doubled, and no other restarts',
  { skip },
  async (t) => {
    const machines = await TwoMachines.make(t)
    const run = machines.run()
    const outpost = machines.join()
    await ready(run)
    machines.openGate()
    await machines.untilSignedBy('2', 100)
    const pid = run.pidOf('worker:2')
    t.ok(childrenOf(outpost.pid).includes(pid), 'it is a child of the other machine')
    process.kill(pid, 'SIGKILL')
    t.match(await run.event('processExited', (exit) => exit.pid === pid), {
      exit: { signal: 'SIGKILL', reason: 'killed by SIGKILL' },
      planned: false,
    })
    await run.event('processReady', (ready) => ready.process === 'worker:2' && ready.pid !== pid)
    t.ok(childrenOf(outpost.pid).includes(run.pidOf('worker:2')), 'so is the one that replaces it')
    await machines.expectAllOnce(run)
    t.same(run.summary.restarts, { writer: 0, worker: 1, sender: 0 })
    t.match(await outpost.ended, { code: 0 })
  },
)

t.test('a machine that dies leaves its records to the others, and no process behind', { skip }, async (t) => {
  const machines = await TwoMachines.make(t)
  const run = machines.run()
  const outpost = machines.join()
  await ready(run)
  machines.openGate()
  await machines.untilSignedBy('3', 100)
  const children = childrenOf(outpost.pid)
  outpost.signal('SIGKILL')
  t.ok(await eventually(() => !children.some(isRunning), 5000), 'its children went with it')
  t.match(await run.event('machineLeft'), { lost: true, workers: ['worker:2', 'worker:3'] })
  await machines.expectAllOnce(run)
  t.same(run.summary.restarts, { writer: 0, worker: 0, sender: 0 }, 'nobody takes its places')
})

t.test(
  'a machine may be there first, outlives a primary that is killed, and works for the next',
  { skip },
  async (t) => {
    const machines = await TwoMachines.make(t)
    const outpost = machines.join()
    await hasTold(outpost, 'outpostWaiting')
    const first = machines.run()
    await ready(first)
    machines.openGate()
    await machines.untilSignedBy('2', 100)
    machines.shutGate()
    first.signal('SIGKILL')
    t.match(await first.ended, { signal: 'SIGKILL' })
    const second = machines.run()
    await hasTold(outpost, 'outpostAlone')
    await hasTold(outpost, 'outpostJoined', 2)
    await ready(second)
    machines.openGate()
    await machines.expectAllOnce(second)
    t.match(await outpost.ended, { code: 0 })
    t.equal(toldBy(outpost, 'outpostWaiting').length, 1, 'it has said so once')
  },
)

t.test('a machine that is asked to leave finishes what it has begun', { skip }, async (t) => {
  const machines = await TwoMachines.make(t)
  const run = machines.run()
  const outpost = machines.join()
  await ready(run)
  machines.openGate()
  await machines.untilSignedBy('2', 100)
  outpost.signal('SIGTERM')
  t.match(await outpost.ended, { code: 0 }, outpost.said)
  t.match(await run.event('machineLeft'), { lost: false })
  const exits = run.eventsOf('processExited')
  t.match(exits, [
    { planned: true, returned: 0 },
    { planned: true, returned: 0 },
  ])
  await machines.expectAllOnce(run)
})

t.test('what somebody else says on the subjects of a pipeline does no harm', { skip }, async (t) => {
  const machines = await TwoMachines.make(t)
  const run = machines.run()
  const outpost = machines.join()
  await ready(run)
  const nc = await connect({ servers: machines.server.transport.servers[0]! })
  t.teardown(() => nc.close())
  const subjects = new Set<string>()
  for await (const { subject } of nc.subscribe('millrace.mill.join.>')) {
    subjects.add(subject)
    if (subjects.size === 2) break
  }
  const rubbish = ['', '{', '{"protocol":1}', 'x'.repeat(10_000), '\u0000\u0001\u0000\u0000\u0000'.repeat(3)]
  for (const subject of [...subjects, 'millrace.mill.join.hello', 'millrace.mill.join.nobody.up'])
    for (const text of rubbish) nc.publish(subject, text)
  await nc.flush()
  machines.openGate()
  await machines.expectAllOnce(run)
  t.equal(run.eventsOf('machineJoined').length, 1)
  t.match(await outpost.ended, { code: 0 })
})

t.test(
  'a machine that was stopped for too long joins anew, and what it did late counts for nothing',
  { skip },
  async (t) => {
    const machines = await TwoMachines.make(t, 12_000)
    const run = machines.run()
    const outpost = machines.join()
    await ready(run)
    machines.openGate()
    await machines.untilSignedBy('2', 100)
    outpost.signal('SIGSTOP')
    await run.event('machineLeft', ({ lost }) => lost)
    outpost.signal('SIGCONT')
    await hasTold(outpost, 'outpostJoined', 2)
    await ready(run, 'worker:4', 'worker:5')
    await machines.expectAllOnce(run)
    t.match(await outpost.ended, { code: 0 })
  },
)
