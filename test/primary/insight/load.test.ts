import t from 'tap'
import { LoadMeter } from '../../../src/primary/insight/load.js'
import { stagesOf } from '../../../src/primary/insight/stages.js'
import { LifeCycle } from '../../../src/primary/life-cycle.js'
import type { Router } from '../../../src/primary/router/router.js'
import { SENDER } from '../../../src/primary/topology.js'
import { FakeClock } from '../../fake-clock.js'

const worker = { id: 'worker:1', role: 'worker', index: 1 } as const

const did = (busy: number) => ({ handled: 1, busy, window: 1 })

/** A router that looks as somebody says. */
function bench() {
  const clock = new FakeClock()
  const capacity = { records: 100, bytes: 1000 }
  const looks = {
    account: { counters: { read: 0 }, settled: 0 },
    inQueue: { size: { records: 0, bytes: 0 }, capacity, waiting: 0 },
    outQueue: { size: { records: 0, bytes: 0 }, capacity, waiting: 0 },
    intake: { blocked: false, ended: false },
    dispatch: { workers: 2, blocked: 0, unsaid: () => 0 },
    delivery: { unsaid: () => 0 },
    rate: { perSecond: undefined, allowed: () => 1 },
  }
  const life = new LifeCycle(() => {})
  const router = () => looks as unknown as Router
  const load = new LoadMeter({ clock, router, life, writerUtilization: () => 0.3 })
  load.begin()
  return { clock, looks, life, load }
}

t.test('time is divided up by what held in it, and not by how often something happened', async (t) => {
  const { clock, looks, load } = bench()
  looks.intake.blocked = true
  looks.inQueue.size.records = 60
  looks.inQueue.waiting = 60
  looks.dispatch.blocked = 1
  load.moved()
  clock.pass(3000)
  for (let i = 0; i < 100; i++) load.moved()
  looks.intake.blocked = false
  looks.inQueue.waiting = 0
  looks.dispatch.blocked = 0
  load.moved()
  clock.pass(1000)
  const { recent } = load.growth()
  t.match(recent, { ms: 4000, of: { inFull: 3000, inEmpty: 1000, outFull: 3000, outEmpty: 4000 } })
  t.same(stagesOf(recent, true).writer, { busy: 0.3, idle: 0, blocked: 0.7 })
  t.same(stagesOf(recent, true).workers, { busy: 0, idle: 0.625, blocked: 0.375 })
})

t.test('workers and sender are as busy as they say; a long record counts before it is over', async (t) => {
  const { clock, looks, life, load } = bench()
  clock.pass(2000)
  load.did(worker, did(1000))
  load.did(SENDER, did(500))
  t.match(stagesOf(load.growth().recent, true), { workers: { busy: 0.25 }, sender: { busy: 0.25 } })
  looks.dispatch.unsaid = () => 2000
  clock.pass(2000)
  t.match(stagesOf(load.growth().recent, true), { workers: { busy: 0.375 }, sender: { busy: 0.125 } })
  looks.dispatch.unsaid = () => 0
  load.did(worker, did(2000))
  t.match(stagesOf(load.growth().recent, true), { workers: { busy: 0.375 } }, 'it is said, and counts once')
  life.block(SENDER.id, 'ENOSPC')
  load.moved()
  clock.pass(4000)
  t.match(stagesOf(load.growth().recent, true), { sender: { blocked: 0.5 } })
  t.equal(stagesOf(load.growth().recent, false).sender, null)
})

t.test('what was long ago counts since the start, and not of late', async (t) => {
  const { clock, looks, load } = bench()
  load.did(worker, did(20_000))
  clock.pass(20_000)
  load.moved()
  looks.account.settled = 5
  clock.pass(30_000)
  const { recent, whole } = load.growth()
  t.match(recent, { ms: 10_000, of: { workersBusy: 0 } })
  t.match(whole, { ms: 50_000, of: { workersBusy: 20_000, settled: 5 } })
})
