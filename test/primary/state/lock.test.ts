import { readdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { MillraceError } from '../../../src/errors.js'
import { acquireLock, type LockParts } from '../../../src/primary/state/lock.js'
import { formatHolder, holderHere, thisMachine } from '../../../src/primary/state/lock-holder.js'
import { FakeClock } from '../../fake-clock.js'
import { eventually } from '../../processes.js'

const elsewhere = formatHolder({ ...holderHere(thisMachine()), pid: 4711, host: 'far', bootId: 'other' })
const lockOf = (folder: string) => join(folder, 'lock')

/** Sets the time of a lock's last touch, in seconds before now. */
const age = (folder: string, seconds: number) => {
  const at = Date.now() / 1000 - seconds
  utimesSync(lockOf(folder), at, at)
}

async function hold(t: Test, folder: string, parts: LockParts = {}) {
  const lock = await acquireLock(folder, parts)
  t.teardown(() => lock.release())
  return lock
}

t.test('the second on a state folder is refused, and told who has it and what to do', async (t) => {
  const folder = t.testdir({})
  const lock = await hold(t, folder)
  t.equal(statSync(lockOf(folder)).mode & 0o777, 0o600)
  await t.rejects(acquireLock(folder), {
    code: 'state_in_use',
    exitCode: 1,
    message: new RegExp(`in use by process ${process.pid} on .* since \\d{4}-.*--state-dir`),
  })
  t.same(readdirSync(folder), ['lock'])
  await lock.release()
  await lock.release()
  t.same(readdirSync(folder), [])
  await hold(t, folder)
})

t.test('a link to a state folder leads to the same lock', async (t) => {
  const folder = t.testdir({ real: {} })
  symlinkSync('real', join(folder, 'link'))
  await hold(t, join(folder, 'link'))
  await t.rejects(acquireLock(join(folder, 'real')), { code: 'state_in_use' })
})

t.test('a state folder that is not there, or holds no lock, is refused with the reason', async (t) => {
  const folder = t.testdir({ taken: { lock: {} } })
  await t.rejects(acquireLock(join(folder, 'absent')), { code: 'state_unwritable', message: /ENOENT/ })
  await t.rejects(acquireLock(join(folder, 'taken')), { code: 'state_unwritable', message: /EISDIR/ })
  t.same(readdirSync(join(folder, 'taken')), ['lock'])
})

t.test('a lock of another machine, and a damaged one, are taken over after 15 s of silence', async (t) => {
  for (const lock of [elsewhere, '', '{"pid":1']) {
    const folder = t.testdir({ lock })
    age(folder, 16)
    await hold(t, folder)
    t.match(readFileSync(lockOf(folder), 'utf8'), `"pid": ${process.pid}`)
    t.same(readdirSync(folder), ['lock'])
  }
})

/** Starts on a lock that another machine's process has, and has waited for a second. */
async function waiting(t: Test) {
  const folder = t.testdir({ lock: elsewhere })
  // Of the time to come, so that even a slow machine finds it young.
  age(folder, -600)
  const clock = new FakeClock()
  const reasons: string[] = []
  const lock = acquireLock(folder, { clock, onWait: (reason) => reasons.push(reason) })
  const looks = async () => t.ok(await eventually(() => clock.timers === 1, 30_000), 'it looks and waits')
  await looks()
  clock.pass(1000)
  await looks()
  t.match(reasons, [/may still be in use by process 4711 on far since .*15 s/])
  return { folder, lock, look: () => clock.pass(1000) }
}

t.test('a holder on another machine that touches its lock meanwhile keeps it', async (t) => {
  const { folder, lock, look } = await waiting(t)
  age(folder, -1200)
  const refused = t.rejects(lock, { code: 'state_in_use', message: /process 4711 on far/ })
  look()
  await refused
  t.same(readdirSync(folder), ['lock'])
})

t.test('a holder on another machine that stays silent loses its lock', async (t) => {
  const { folder, lock, look } = await waiting(t)
  age(folder, 16)
  look()
  await (await lock).release()
  t.same(readdirSync(folder), [])
})

t.test('a lock is touched every 5 s, and no longer once it is given back', async (t) => {
  const folder = t.testdir({})
  const clock = new FakeClock()
  const lock = await hold(t, folder, { clock })
  const text = readFileSync(lockOf(folder), 'utf8')
  for (let i = 0; i < 3; i++) {
    age(folder, 60)
    const before = statSync(lockOf(folder)).mtimeMs
    clock.pass(4999)
    t.equal(statSync(lockOf(folder)).mtimeMs, before)
    clock.pass(1)
    t.ok(await eventually(() => clock.timers === 1, 30_000))
    t.ok(statSync(lockOf(folder)).mtimeMs > before)
  }
  t.equal(readFileSync(lockOf(folder), 'utf8'), text)
  await lock.release()
  t.equal(clock.timers, 0)
})

t.test(
  'a holder is told when its lock is not its own any more, and leaves the other one alone',
  async (t) => {
    for (const other of [elsewhere, undefined]) {
      const folder = t.testdir({})
      const clock = new FakeClock()
      const told: MillraceError[] = []
      const lock = await hold(t, folder, { clock, onLost: (error) => told.push(error) })
      rmSync(lockOf(folder))
      if (other) writeFileSync(lockOf(folder), other)
      clock.pass(5000)
      t.ok(await eventually(() => told.length > 0, 30_000))
      t.match(told, [{ code: 'state_in_use', message: /no longer this process's/ }])
      await lock.release()
      t.same(readdirSync(folder), other ? ['lock'] : [])
      t.equal(clock.timers, 0)
    }
  },
)

t.test('what dead starters have left beside the lock is tidied up by the next holder', async (t) => {
  const names = ['lock.draft-1', 'lock.after-2', 'lock.other']
  const folder = t.testdir(
    Object.fromEntries([...names, 'lock.draft-young'].map((name) => [name, elsewhere])),
  )
  for (const name of names) utimesSync(join(folder, name), 0, 0)
  utimesSync(join(folder, 'lock.draft-young'), Date.now(), Date.now())
  await hold(t, folder)
  t.same(readdirSync(folder), ['lock', 'lock.draft-young', 'lock.other'])
})
