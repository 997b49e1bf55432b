import { spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import t, { type Test } from 'tap'
import { type Command, Reaper } from '../../../src/primary/processes/reaper.js'
import { FakeClock } from '../../fake-clock.js'

/** A reaper whose troubles can be waited for, on a clock that the test moves. */
function reap(t: Test, command?: Command) {
  const clock = new FakeClock()
  const troubles = new EventEmitter()
  const told: string[] = []
  const reaper = new Reaper(
    (reason) => {
      told.push(reason)
      troubles.emit('trouble')
    },
    { clock, ...(command && { command }) },
  )
  // A reaper keeps nobody's event loop alive, so the test does.
  const alive = setInterval(() => {}, 1000)
  t.teardown(() => {
    clearInterval(alive)
    reaper.close()
  })
  return { clock, reaper, told, trouble: () => once(troubles, 'trouble') }
}

/** Lets so much time pass that one more millisecond would bring the next try. */
async function nextTryAfter({ clock, trouble }: ReturnType<typeof reap>, ms: number, t: Test) {
  clock.pass(ms - 1)
  t.equal(clock.timers, 1, `nothing is tried for ${ms} ms`)
  const again = trouble()
  clock.pass(1)
  t.equal(clock.timers, 0)
  await again
}

t.test('a reaper that cannot be started is told of, and tried again ever less often', async (t) => {
  const reaping = reap(t, ['/nowhere/sh'])
  await reaping.trouble()
  t.match(reaping.told, [/^\/nowhere\/sh cannot be started: .*ENOENT/])
  for (const ms of [100, 200, 400, 800]) await nextTryAfter(reaping, ms, t)
  t.equal(reaping.told.length, 5)
})

t.test('a reaper that exits at once is told of, and not started again in a tight loop', async (t) => {
  const reaping = reap(t, ['/bin/sh', '-c', 'exit 3'])
  await reaping.trouble()
  t.same(reaping.told, ['it ended with exit code 3'])
  for (const ms of [100, 200]) await nextTryAfter(reaping, ms, t)
})

t.test('a reaper that lasted is replaced as soon as the first', async (t) => {
  const reaping = reap(t, ['/bin/sh', '-c', 'read -r line; exit 3'])
  for (const _ of ['first', 'second']) {
    reaping.clock.pass(30_000)
    const trouble = reaping.trouble()
    reaping.reaper.watch(process.pid)
    await trouble
    reaping.reaper.forget(process.pid)
    reaping.clock.pass(99)
    t.equal(reaping.clock.timers, 1)
    reaping.clock.pass(1)
    t.equal(reaping.clock.timers, 0)
  }
})

t.test('a reaper that was replaced still knows whom to kill, and spares who was forgotten', async (t) => {
  const [left, ended] = [1, 2].map(() => spawn('sleep', ['600'], { stdio: 'ignore' }))
  t.teardown(() => ended!.kill('SIGKILL'))
  const flag = `${t.testdir({})}/died-once`
  const dieOnce = `[ -e ${flag} ] || { : > ${flag}; exit 1; }`
  const killLast = 'while read -r what pid; do [ "$what" = + ] && last=$pid; done; kill -9 "$last"'
  const { clock, reaper, trouble } = reap(t, ['/bin/sh', '-c', `${dieOnce}; ${killLast}`])
  reaper.watch(ended!.pid!)
  reaper.watch(left!.pid!)
  await trouble()
  reaper.forget(ended!.pid!)
  clock.pass(100)
  const killed = once(left!, 'exit')
  reaper.close()
  t.same(await killed, [null, 'SIGKILL'])
  t.equal(ended!.signalCode, null)
})

t.test('after its end nothing is told or tried any more', async (t) => {
  const { clock, reaper, told, trouble } = reap(t, ['/bin/sh', '-c', 'exit 3'])
  await trouble()
  reaper.close()
  t.equal(clock.timers, 0)
  clock.pass(60_000)
  t.equal(told.length, 1)
})

t.test('whatever is watched when the primary goes is killed', async (t) => {
  const stuck = spawn('sleep', ['600'], { stdio: 'ignore' })
  const { reaper } = reap(t)
  reaper.watch(stuck.pid!)
  const killed = once(stuck, 'exit')
  reaper.close()
  t.same(await killed, [null, 'SIGKILL'])
})
