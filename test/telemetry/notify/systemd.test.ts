import t from 'tap'
import type { Pulse } from '../../../src/model/pulse.js'
import type { PipelineEvent } from '../../../src/telemetry/events.js'
import { SystemdOverseer } from '../../../src/telemetry/notify/systemd.js'
import { FakeClock } from '../../fake-clock.js'

const started: PipelineEvent = {
  type: 'pipelineStarted',
  pid: 1,
  workers: 1,
  transport: 'ipc',
  resumesFrom: 'the start',
  config: null,
  delivers: true,
  bound: { records: 1, bytes: 1, retries: 1 },
}
const changed = (state: Pulse['state']): PipelineEvent => ({ type: 'stateChanged', state, reason: null })

const stalled = { ok: false, why: 'nothing was settled for 301 s' }

const atWork: Pulse = {
  state: 'running',
  reason: null,
  read: 100,
  settled: 40,
  inFlight: 60,
  health: { ok: true, why: '60 records in flight' },
}

/** An overseer, and everything that it says; the pulse is the test's to change. */
function overseer({ watchdog }: { readonly watchdog?: number } = {}) {
  const clock = new FakeClock()
  const said: string[] = []
  const noted: PipelineEvent[] = []
  const pipeline = { pulse: atWork, note: (event: PipelineEvent) => noted.push(event) }
  const socket = {
    trouble: undefined as string | undefined,
    send: (assignments: readonly string[]) => said.push(...assignments),
    close: async () => {},
  }
  const systemd = new SystemdOverseer({
    clock,
    socket,
    watchdog,
    shutdownTimeout: 30_000,
    monotonic: () => 4711n,
  })
  return { systemd, clock, said, noted, pipeline, socket }
}

t.test(
  'a pipeline is ready when all its processes are and commands can reach it, and not before',
  async (t) => {
    const { systemd, said, pipeline } = overseer()
    systemd.heard(started)
    t.same(said, [])
    systemd.watch(pipeline)
    t.same(said, ['READY=1', 'STATUS=running: 40 of 100 read records settled, 60 in flight, 0/s'])
  },
)

t.test('its status is told when it has changed, and now and then', async (t) => {
  const { systemd, clock, said, pipeline } = overseer()
  systemd.watch(pipeline)
  said.length = 0
  clock.pass(60_000)
  t.same(said, [])
  pipeline.pulse = { ...atWork, read: 200, settled: 140 }
  clock.pass(5000)
  t.same(said, ['STATUS=running: 140 of 200 read records settled, 60 in flight, 20/s'])
  said.length = 0
  pipeline.pulse = { ...pipeline.pulse, state: 'blocked', reason: 'the sink\nis away' }
  systemd.heard(changed('blocked'))
  t.match(said, [/^STATUS=blocked \(the sink is away\): 140 of 200/])
})

t.test('the watchdog hears in time that all is well, as long as the pipeline is healthy', async (t) => {
  const { systemd, clock, said, noted, pipeline } = overseer({ watchdog: 4000 })
  const pings = (ms: number) => {
    said.length = 0
    clock.pass(ms)
    return said.filter((line) => line === 'WATCHDOG=1').length
  }
  systemd.watch(pipeline)
  t.equal(pings(20_000), 10)
  pipeline.pulse = { ...atWork, health: stalled }
  t.equal(pings(20_000), 0)
  t.same(noted, [{ type: 'stoodStill', why: stalled.why }], 'which is told once')
  pipeline.pulse = atWork
  t.equal(pings(2000), 1)
})

t.test('without a watchdog there is nothing for it to hear', async (t) => {
  const { systemd, clock, said, pipeline } = overseer()
  systemd.watch(pipeline)
  clock.pass(60_000)
  t.notOk(said.includes('WATCHDOG=1'))
})

t.test('a drain is given time until the deadlines of the primary itself', async (t) => {
  const { systemd, clock, said, pipeline } = overseer()
  systemd.watch(pipeline)
  systemd.heard(started)
  pipeline.pulse = { ...atWork, state: 'draining' }
  systemd.heard(changed('draining'))
  t.match(said.slice(-3), ['STOPPING=1', 'EXTEND_TIMEOUT_USEC=20000000', /^STATUS=draining/])
  const extensions = (ms: number) => {
    said.length = 0
    clock.pass(ms)
    return said.filter((line) => line.startsWith('EXTEND_TIMEOUT_USEC=')).length
  }
  t.equal(extensions(20_000), 4)
  systemd.heard(changed('finished'))
  t.notOk(said.includes('STOPPING=1'), 'which is said once')
  t.equal(extensions(120_000), 9, 'and one that should be over gets no more')
})

t.test('a roll is told as a reload, whatever comes of it', async (t) => {
  const { systemd, said, pipeline } = overseer()
  systemd.watch(pipeline)
  const roll = (end: PipelineEvent) => {
    said.length = 0
    systemd.heard({ type: 'reloading', why: 'SIGHUP' })
    systemd.heard(end)
    return [...said]
  }
  t.same(roll({ type: 'reloaded', seconds: 1 }), [], 'before it is ready, nobody needs to know')
  systemd.heard(started)
  const reload = ['RELOADING=1', 'MONOTONIC_USEC=4711', 'READY=1']
  t.same(roll({ type: 'reloaded', seconds: 1 }), reload)
  t.same(roll({ type: 'reloadFailed', error: 'the new worker:1 did not become ready' }), reload)
  systemd.heard(changed('draining'))
  t.same(roll({ type: 'reloadFailed', error: 'not running' }), [], 'one that ends is never ready again')
})

t.test('that systemd cannot be told is in the log, once', async (t) => {
  const { systemd, clock, noted, pipeline, socket } = overseer()
  systemd.watch(pipeline)
  socket.trouble = 'spawn systemd-notify ENOENT'
  clock.pass(60_000)
  t.same(noted, [{ type: 'notifyFailed', reason: 'spawn systemd-notify ENOENT' }])
  await systemd.close()
  t.equal(clock.timers, 0)
})

t.test('what is no pipeline is ready when it says so, and once', async (t) => {
  const { systemd, said, clock } = overseer()
  systemd.ready()
  systemd.ready()
  t.same(said, ['READY=1'])
  await systemd.close()
  t.equal(clock.timers, 0)
})
