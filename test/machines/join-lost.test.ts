import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { lettersIn } from '../delivered.js'
import { fixture } from '../pipeline-run.js'
import { childrenOf, eventually, isRunning } from '../processes.js'
import { hasTold, ready, skip, TwoMachines, toldBy } from '../two-machines.js'

// Each has a server and a folder of its own, and mostly waits for silence to be long enough.
t.jobs = 4
const together = { skip, buffered: true }

t.test('a machine that dies leaves its records to the others, and no process behind', together, async (t) => {
  const machines = await TwoMachines.make(t)
  const run = machines.run()
  const outpost = machines.join()
  await ready(run)
  machines.openGate()
  await machines.untilSignedBy('3', 100)
  const children = childrenOf(outpost.pid)
  outpost.signal('SIGKILL')
  t.ok(await eventually(() => !children.some(isRunning), 5000), 'its children went with it')
  t.match(await run.event('machineLeft'), { how: 'lost', workers: ['worker:2', 'worker:3'] })
  await machines.expectAllOnce(run)
  t.same(run.summary.restarts, { writer: 0, worker: 0, sender: 0 }, 'nobody takes its places')
})

t.test(
  'a machine may be there first, outlives a primary that is killed, and works for the next',
  together,
  async (t) => {
    const machines = await TwoMachines.make(t)
    const outpost = machines.join()
    await hasTold(outpost, 'outpostWaiting')
    const first = machines.run()
    await ready(first)
    t.equal(toldBy(outpost, 'outpostWaiting').length, 1, 'it has said so once')
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
  },
)

t.test(
  'a machine that was stopped for too long joins anew, and what it did late counts for nothing',
  together,
  async (t) => {
    const machines = await TwoMachines.make(t, 12_000)
    const run = machines.run()
    const outpost = machines.join()
    await ready(run)
    machines.openGate()
    await machines.untilSignedBy('2', 100)
    outpost.signal('SIGSTOP')
    await run.event('machineLeft', ({ how }) => how === 'lost')
    outpost.signal('SIGCONT')
    await hasTold(outpost, 'outpostJoined', 2)
    await ready(run, 'worker:4', 'worker:5')
    await machines.expectAllOnce(run)
    t.match(await outpost.ended, { code: 0 })
  },
)

t.test(
  'a server that dies between the machines and comes back loses and doubles nothing',
  together,
  async (t) => {
    const machines = await TwoMachines.make(t)
    const run = machines.run()
    machines.join()
    await ready(run)
    machines.openGate()
    await machines.untilSignedBy('2', 100)
    await machines.server.kill()
    await run.event('stateChanged', ({ state }) => state === 'blocked')
    await machines.server.resume()
    await machines.expectAllOnce(run)
    t.same(run.summary.restarts.writer + run.summary.restarts.sender, 0)
  },
)

t.test('a record that takes whole machines along is found and given up', together, async (t) => {
  const machines = await TwoMachines.make(t, 200)
  const worker = ['--worker', fixture('workers/end-its-machine.mjs')]
  const run = machines.run(...worker, '--retry-deaths', '1')
  machines.join(...worker)
  await ready(run)
  machines.openGate()
  await run.event('machineLeft', ({ workers }) => workers.includes('worker:2'))
  machines.join(...worker)
  await run.event('machineLeft', ({ workers }) => workers.includes('worker:4'))
  writeFileSync(join(machines.folder, 'gate-here'), '')
  t.match(await run.ended, { code: 0 }, run.said)
  t.match(run.summary, { delivered: 199, deadLettered: 1, restarts: { worker: 0 } })
  const letters = lettersIn(join(machines.folder, '.millrace/mill/dead-letters.ndjson'))
  t.match(letters, [
    { id: 'count:50', error: { message: /its machine .*: nothing was heard of it for \d+ s/ } },
  ])
})
