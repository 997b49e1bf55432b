import t from 'tap'
import { Changes } from '../../src/primary/changes.js'
import type { Crew } from '../../src/primary/crew.js'
import type { LifeCycle } from '../../src/primary/life-cycle.js'
import type { ChildProcess } from '../../src/primary/processes/child-process.js'
import type { PipelineEvent } from '../../src/telemetry/events.js'
import { stateOf, supervise } from './processes/supervise.js'

const soon = () => new Promise((resolve) => setImmediate(resolve))

const elsewhere = [
  { id: 'worker:3', role: 'worker', index: 3, host: 'box' },
  { id: 'worker:4', role: 'worker', index: 4, host: 'box' },
] as const

/** A pipeline with two workers, to which a machine brings two more; whoever drains leaves at once. */
function scene() {
  const { supervisor, latest, made, allReady, clock, forks } = supervise()
  allReady()
  const events: PipelineEvent[] = []
  const life = { phase: 'running', state: 'running' } as LifeCycle
  const drain = async (child: ChildProcess) => {
    const { fork } = forks.find(({ fork }) => fork.pid === child.pid)!
    child.stop()
    await fork.dies(0)
    return 0
  }
  const crew = { supervisor, drain } as unknown as Crew
  const router = () => {
    throw new Error('no records move here')
  }
  const changes = new Changes({
    name: 'mill',
    crew,
    life,
    clock,
    emit: (event) => events.push(event),
    router,
  })
  const works = async (id: string, times: number) => {
    while (made(id) < times) await soon()
    latest(id).becomesReady()
    await soon()
    clock.pass(500)
  }
  const admitted = async () => {
    const admission = changes.admit(elsewhere)
    for (const { id } of elsewhere) latest(id).becomesReady()
    await admission
  }
  return { changes, supervisor, latest, made, events, works, admitted }
}

t.test('workers of a machine that is lost during a roll are skipped, and the roll goes on', async (t) => {
  const { changes, supervisor, latest, works, admitted, events } = scene()
  await admitted()
  const rolled = changes.restart('workers')
  await works('worker:1', 2)
  await works('worker:2', 2)
  await soon()
  // The new one of worker:3 is on its way, the one of worker:4 is not.
  supervisor.forsake(['worker:3', 'worker:4'])
  const lost = { why: 'its machine box: nothing was heard of it for 5 s', suspicious: true }
  await latest('worker:3').isLost(lost)
  await latest('worker:4').isLost(lost)
  t.match(await rolled, {
    restarted: [{ process: 'worker:1' }, { process: 'worker:2' }],
    skipped: ['worker:3', 'worker:4'],
  })
  t.notOk(events.some(({ type }) => type === 'rollStopped'))
})

t.test('a machine whose workers take long to be ready holds up no other change', async (t) => {
  const { changes, works, latest } = scene()
  const admission = changes.admit(elsewhere)
  const restarted = changes.restart('worker:1')
  await works('worker:1', 2)
  t.match(await restarted, { process: 'worker:1' })
  for (const { id } of elsewhere) latest(id).becomesReady()
  await admission
})

t.test('a machine may leave at once, whatever else is being changed', async (t) => {
  const { changes, works, admitted, made, supervisor } = scene()
  await admitted()
  const restarted = changes.restart('worker:1')
  while (made('worker:1') < 2) await soon()
  await changes.release(['worker:3', 'worker:4'])
  t.equal(stateOf(supervisor, 'worker:3'), undefined)
  await works('worker:1', 2)
  await restarted
})
