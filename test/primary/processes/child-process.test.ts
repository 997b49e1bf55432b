import t from 'tap'
import { ChildProcess, type Death } from '../../../src/primary/processes/child-process.js'
import { specOf } from '../../specs.js'
import { FakeFork } from './fake-fork.js'

function childOf(fork = new FakeFork()) {
  const deaths: Death[] = []
  const lines: string[] = []
  const ready: string[] = []
  const told: string[] = []
  const place = { id: 'worker:1', role: 'worker', index: 1 } as const
  const child = new ChildProcess(place, 3, fork, {
    ready: ({ key }) => ready.push(key),
    message: () => {},
    stored: () => new Uint8Array(),
    told: (_, { type }) => told.push(type),
    line: (_, line, stream) => lines.push(`${stream} ${line}`),
    killedByKernel: () => false,
    gone: (_, death) => deaths.push(death),
  })
  return { child, fork, deaths, lines, ready, told }
}

t.test('a process learns its role when it listens, and is ready when it says so', async (t) => {
  const { child, fork, ready } = childOf()
  child.start(specOf('worker'))
  t.same(fork.told, [], 'what is told before it listens may be lost')
  fork.says({ type: 'hello' })
  t.match(fork.told, [{ type: 'start', spec: { role: 'worker' } }])
  t.equal(child.state, 'starting')
  fork.says({ type: 'ready' })
  t.equal(child.state, 'ready')
  t.same(ready, ['worker:1/3'])
})

t.test(
  'a process is gone when it has exited and link and channel have ended, whichever is last',
  async (t) => {
    const ends = {
      exit: async (fork: FakeFork) => fork.exits(null, 'SIGKILL'),
      link: (fork: FakeFork) => fork.closesLink(),
      channel: async (fork: FakeFork) => fork.disconnects(),
    }
    const names = Object.keys(ends) as (keyof typeof ends)[]
    for (const first of names) {
      for (const second of names.filter((name) => name !== first)) {
        const third = names.find((name) => name !== first && name !== second)!
        const { child, fork, deaths } = childOf()
        fork.becomesReady()
        await ends[first](fork)
        await ends[second](fork)
        t.equal(deaths.length, 0)
        await ends[third](fork)
        t.match(deaths, [{ exit: { code: null, signal: 'SIGKILL' }, asked: false, beforeReady: false }])
        t.equal(deaths.length, 1)
        t.equal(child.state, 'exited')
      }
    }
  },
)

t.test(
  'stderr that a grandchild holds open does not delay the end of a process that was ready',
  async (t) => {
    const { fork, deaths } = childOf()
    fork.becomesReady()
    fork.disconnects()
    await fork.closesLink()
    fork.exits(1)
    t.equal(deaths.length, 1)
  },
)

t.test(
  'one that dies without a word before it is ready is waited for until its last lines are in',
  async (t) => {
    const { fork, deaths, lines } = childOf()
    fork.disconnects()
    await fork.closesLink()
    fork.exits(1)
    t.equal(deaths.length, 0)
    await fork.closesStderr('SyntaxError: no\nat line 1')
    t.match(deaths, [{ beforeReady: true, lastLines: ['SyntaxError: no', 'at line 1'] }])
    t.same(lines, ['stderr SyntaxError: no', 'stderr at line 1'])
  },
)

t.test('only an exit with code 0 that was asked for is one', async (t) => {
  for (const [asked, code] of [
    [true, 0],
    [true, 1],
    [false, 0],
  ] as const) {
    const { child, fork, deaths } = childOf()
    fork.becomesReady()
    if (asked) child.stop()
    await fork.dies(code)
    t.equal(deaths[0]!.asked, asked && code === 0)
  }
})

t.test('a process that is stopped before it listens is told when it does', async (t) => {
  const { child, fork } = childOf()
  child.start(specOf('worker'))
  child.stop()
  child.stop()
  t.equal(child.state, 'draining')
  fork.says({ type: 'hello' })
  t.equal(fork.told.at(-1)?.type, 'stop')
  t.notOk(fork.told.some(({ type }) => type === 'start'))
})

t.test('a process that could not be made at all is gone at once, with the reason', async (t) => {
  const { fork, deaths } = childOf()
  fork.cannotStart(new Error('spawn ENOENT'))
  t.match(deaths, [{ beforeReady: true, failure: { message: 'spawn ENOENT' } }])
})

t.test('bytes on the link that are no frames end the process', async (t) => {
  const { fork } = childOf()
  fork.link.read.push(Buffer.alloc(64, 0xff))
  await new Promise((resolve) => fork.link.read.once('close', resolve))
  t.same(fork.signals, ['SIGKILL'])
})

t.test('what it says about itself is kept, and lines without an end are passed on in pieces', async (t) => {
  const { fork, deaths, told, lines } = childOf()
  fork.becomesReady()
  fork.says({ type: 'blocked', reason: 'slow' })
  fork.says({ type: 'failed', code: 'source_failed', message: 'gone' })
  t.same(told, ['blocked', 'failed'])
  const whole = new Promise((resolve) => fork.stdout.once('end', resolve))
  fork.stdout.write('x'.repeat(70_000))
  fork.stdout.end('y\n')
  await whole
  t.equal(lines.length, 2)
  await fork.dies(1)
  t.match(deaths, [{ failure: { code: 'source_failed' } }])
})

t.test('how a process ended has what it printed last, and the error that it told of', async (t) => {
  const { fork, deaths } = childOf()
  fork.becomesReady()
  fork.stderr.write('to stderr\n')
  fork.stdout.write('to stdout\n')
  fork.says({ type: 'failed', code: 'internal', message: 'boom', stack: 'Error: boom\n    at f (w.mjs:1:1)' })
  await fork.dies(1)
  t.same(deaths[0]!.exit.lastLines.toSorted(), [
    '    at f (w.mjs:1:1)',
    'Error: boom',
    'to stderr',
    'to stdout',
  ])
  t.same(deaths[0]!.exit.lastLines.slice(-2), ['Error: boom', '    at f (w.mjs:1:1)'])
})

t.test('of an error that has a code of ours, the message is enough', async (t) => {
  const { fork, deaths } = childOf()
  fork.says({ type: 'failed', code: 'module_shape', message: 'no handler', stack: 'MillraceError: …' })
  await fork.dies(1)
  t.same(deaths[0]!.exit.lastLines, ['no handler'])
})

t.test('an exit after the exit is a broken invariant', async (t) => {
  const { fork } = childOf()
  fork.exits(0)
  t.throws(() => fork.exits(0), { name: 'InvariantError' })
})

t.test('a process is asked where it is only while it listens', async (t) => {
  const { child, fork } = childOf()
  t.equal(await child.whereabouts(), undefined)
  t.same(fork.signals, [], 'the signal would end it')
  fork.becomesReady()
  const whereabouts = child.whereabouts()
  t.same(fork.signals, ['SIGUSR1'])
  fork.exits(null, 'SIGKILL')
  t.equal(await whereabouts, undefined)
  t.equal(await child.whereabouts(), undefined)
  t.same(fork.signals, ['SIGUSR1'])
})

t.test('what Node says when a process is asked where it is, is not among its last lines', async (t) => {
  const { child, fork, deaths, lines } = childOf()
  fork.becomesReady()
  const whereabouts = child.whereabouts()
  fork.stderr.write('one\nStarting inspector on 127.0.0.1:0 failed: no\nDebugger attached.\ntwo\n')
  t.equal(await whereabouts, undefined)
  await fork.dies(1)
  const expected = ['one', 'Starting inspector on 127.0.0.1:0 failed: no', 'two']
  t.same(
    lines,
    expected.map((line) => `stderr ${line}`),
  )
  t.match(deaths, [{ lastLines: expected }])
})
