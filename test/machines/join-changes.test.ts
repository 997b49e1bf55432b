import t from 'tap'
import { command } from '../command.js'
import { statusOf, statusUntil } from '../from-outside.js'
import { childrenOf } from '../processes.js'
import { ready, skip, TwoMachines } from '../two-machines.js'

t.test(
  'workers elsewhere are restarted like all others, and those here scaled around them',
  { skip },
  async (t) => {
    const machines = await TwoMachines.make(t, 6000)
    const run = machines.run()
    const outpost = machines.join()
    await ready(run)
    machines.openGate()
    await machines.untilSignedBy('2', 50)
    const before = run.pidOf('worker:2')
    await command(run, 'restart', 'worker:2')
    t.not(run.pidOf('worker:2'), before)
    t.ok(childrenOf(outpost.pid).includes(run.pidOf('worker:2')), 'the new one is where the old one was')
    await command(run, 'scale', '2')
    const { processes } = await statusOf(run)
    t.match(
      processes.map(({ id, host }) => [id, host !== null]),
      [
        ['writer', false],
        ['worker:1', false],
        ['worker:2', true],
        ['worker:3', true],
        ['worker:4', false],
        ['sender', false],
      ],
    )
    await command(run, 'scale', '1')
    t.notOk(
      (await statusOf(run)).processes.some(({ id }) => id === 'worker:4'),
      'the one that was added here goes',
    )
    await machines.expectAllOnce(run)
    t.same(run.summary.restarts, { writer: 0, worker: 0, sender: 0 })
    t.equal((await outpost.ended).code, 0)
  },
)

t.test('a roll replaces the workers of every machine', { skip }, async (t) => {
  const machines = await TwoMachines.make(t, 6000)
  const run = machines.run()
  machines.join()
  await ready(run)
  machines.openGate()
  const rolled = JSON.parse(await command(run, 'restart', 'workers', '--json'))
  t.match(rolled.restarted, [{ process: 'worker:1' }, { process: 'worker:2' }, { process: 'worker:3' }])
  await machines.expectAllOnce(run)
})

t.test(
  'status shows which machine a process is on, and what it uses there; a stack is to be had there alone',
  { skip },
  async (t) => {
    const machines = await TwoMachines.make(t, 100)
    const run = machines.run()
    machines.join()
    await ready(run)
    await statusUntil(run, ({ processes }) => {
      const elsewhere = processes.filter(({ host }) => host !== null)
      return elsewhere.length === 2 && elsewhere.every(({ rss, cpu }) => (rss ?? 0) > 2 ** 20 && cpu !== null)
    })
    const text = await command(run, 'status')
    t.match(text, /PROCESS +HOST +PID/)
    await t.rejects(command(run, 'stack', 'worker:2'), /worker:2 runs on .*kill -USR1 \d+/)
    machines.openGate()
    await machines.expectAllOnce(run)
  },
)
