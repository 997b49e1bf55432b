import { connect } from '@nats-io/transport-node'
import t from 'tap'
import { statusOf } from '../from-outside.js'
import { childrenOf } from '../processes.js'
import { ready, skip, TwoMachines, toldBy } from '../two-machines.js'

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

t.test('a machine that is asked to leave finishes what it has begun', { skip }, async (t) => {
  const machines = await TwoMachines.make(t)
  const run = machines.run()
  const outpost = machines.join()
  await ready(run)
  machines.openGate()
  await machines.untilSignedBy('2', 100)
  outpost.signal('SIGTERM')
  t.match(await outpost.ended, { code: 0 }, outpost.said)
  t.match(await run.event('machineLeft'), { how: 'left' })
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
