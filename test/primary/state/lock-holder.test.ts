import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import {
  formatHolder,
  type Here,
  holderHere,
  type LockHolder,
  parseHolder,
  thisMachine,
  type Verdict,
  verdictOn,
} from '../../../src/primary/state/lock-holder.js'

const holder: LockHolder = {
  id: 'a',
  pid: 4711,
  startedAt: 1000,
  bootId: 'boot',
  pidNamespace: 'pid:[1]',
  host: 'mill',
  since: '2020-01-01T00:00:00.000Z',
}

const machine = (found: ReturnType<Here['processAt']>): Here => ({
  bootId: 'boot',
  pidNamespace: 'pid:[1]',
  host: 'mill',
  processAt: () => found,
})

/** The verdicts while the lock is young, and when its owner has been silent. */
const verdicts = (lock: LockHolder | undefined, here: Here): readonly Verdict[] =>
  [15_000, 15_001].map((age) => verdictOn(lock, age, here))

t.test('on its own machine a lock is held as long as its process lives, however silent it is', async (t) => {
  t.same(verdicts(holder, machine({ startedAt: 1000 })), ['held', 'held'])
  t.same(verdicts(holder, machine('none')), ['stale', 'stale'])
})

t.test('a later process with the same pid does not hold the lock', async (t) => {
  t.same(verdicts(holder, machine({ startedAt: 1001 })), ['stale', 'stale'])
})

t.test('where start times are not to be had, a silent lock is stale although its pid lives', async (t) => {
  const bare = { startedAt: null, bootId: null, pidNamespace: null }
  const mac = (found: ReturnType<Here['processAt']>): Here => ({ ...machine(found), ...bare })
  t.same(verdicts({ ...holder, ...bare }, mac({ startedAt: null })), ['held', 'stale'])
  t.same(verdicts({ ...holder, ...bare }, mac('none')), ['stale', 'stale'])
})

t.test('a lock of another host, boot or container, or a damaged one, goes by its age', async (t) => {
  for (const found of ['none', { startedAt: 1000 }] as const) {
    for (const elsewhere of [{ host: 'other' }, { bootId: 'other' }, { pidNamespace: null }]) {
      t.same(verdicts({ ...holder, ...elsewhere }, machine(found)), ['unsure', 'stale'])
    }
    t.same(verdicts(undefined, machine(found)), ['unsure', 'stale'])
  }
})

t.test('what is no lock is not taken for one', async (t) => {
  t.same(parseHolder(formatHolder(holder)), holder)
  const wrong = { id: 1, pid: -1, startedAt: 'now', bootId: 1, pidNamespace: undefined, host: null, since: 0 }
  for (const [field, value] of Object.entries(wrong)) {
    t.equal(parseHolder(JSON.stringify({ ...holder, [field]: value })), undefined, field)
  }
  for (const text of ['', '{', 'null', '[]', '4711', '\0\0\0']) t.equal(parseHolder(text), undefined)
})

t.test('this machine tells a process that lives from one that has ended', async (t) => {
  const here = thisMachine()
  const self = holderHere(here)
  t.equal(verdictOn(self, 0, here), 'held')
  const ended = spawnSync('true').pid
  t.equal(verdictOn({ ...self, pid: ended }, 0, here), 'stale')
})

t.test('a process that has ended and that nobody waits for does not live', async (t) => {
  if (thisMachine().bootId === null) return t.pass('zombies', { skip: 'there is no /proc' })
  // The shell starts one that ends after it has become a program that never waits.
  const parent = spawn('/bin/sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  t.teardown(() => parent.kill('SIGKILL'))
  const [line] = await once(parent.stdout!, 'data')
  const pid = Number(String(line).trim())
  const here = thisMachine()
  while (here.processAt(pid) !== 'none') await new Promise((resolve) => setTimeout(resolve, 10))
  t.doesNotThrow(() => process.kill(pid, 0), 'its pid is still taken')
})
