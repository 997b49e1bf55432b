import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { Inspector, type InspectorParts } from '../../../src/primary/processes/inspector.js'
import { openSession } from '../../../src/primary/processes/session.js'
import { bareFork } from '../../bare-node.js'
import { FakeClock } from '../../fake-clock.js'
import { fixture } from '../../pipeline-run.js'
import { eventually } from '../../processes.js'

/** Long enough for any machine: a process that answers at all does so within milliseconds. */
const AMPLE = 30_000

/** What a process that cannot answer is given. */
const LITTLE = 200

interface StuckOptions {
  readonly args?: readonly string[]
  readonly execArgv?: readonly string[]
  readonly parts?: (child: ChildProcess) => Partial<InspectorParts>
}

/** A process that has got stuck, its inspector, and what it said on stderr that was not the inspector's. */
async function stuck(t: Test, name: string, options: StuckOptions = {}) {
  const { args = [], execArgv = ['--inspect-port=0'], parts = () => ({}) } = options
  const child = fork(fixture(`stuck/${name}.mjs`), args, { ...bareFork(execArgv), silent: true })
  const exited = once(child, 'exit')
  t.teardown(() => {
    child.kill('SIGKILL')
    return exited
  })
  const urls: string[] = []
  const signals: string[] = []
  const inspector = new Inspector({
    pid: child.pid!,
    signal: () => {
      signals.push('SIGUSR1')
      child.kill('SIGUSR1')
    },
    connect: (url) => {
      urls.push(url)
      return openSession(url)
    },
    ...parts(child),
  })
  child.once('exit', () => inspector.gone())
  const lines: string[] = []
  createInterface(child.stderr!).on('line', (line) => {
    const own = inspector.hear(line)
    if (own !== undefined) lines.push(own)
  })
  await once(child, 'message')
  return { child, exited, inspector, lines, signals, urls }
}

/** Resolves when nobody listens on the port of a url any more. */
async function closed(url: string): Promise<void> {
  while (await listens(url)) await sleep(20)
}

function listens(url: string): Promise<boolean> {
  const { hostname: host, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) }, () => resolve(true))
    socket.on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}

const isStopped = ({ pid }: ChildProcess) =>
  execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('T')

t.test('where a loop is stuck is told by function, file and line, with the record in hand', async (t) => {
  const flag = `${t.testdir({})}/go-on`
  const { child, inspector, lines } = await stuck(t, 'loop', { args: [flag] })
  const current = `globalThis[Symbol.for('millrace.current')]`
  const { stack, value } = (await inspector.whereabouts(current, AMPLE))!
  const frames = stack.split('\n')
  t.match(frames[0], /^ {4}at loopForEver \(file:\/\/.*\/stuck\/loop\.mjs:8:\d+\)$/)
  t.match(frames[3], /^ {4}at loopForEver \(file:\/\/.*\/stuck\/loop\.mjs:6:\d+\)$/)
  t.notMatch(stack, /node:|whereabouts/)
  t.same(value, { place: 7, id: 'in.log@40' })
  t.same(lines, [], 'what Node says about its inspector is nobody else’s concern')
  writeFileSync(flag, '')
  t.same(await once(child, 'message'), ['free', undefined], 'and the loop went on where it was')
})

t.test('a process can be asked again and again, and listens nowhere in between', async (t) => {
  const { inspector, urls, signals } = await stuck(t, 'empty-loop')
  for (const round of [1, 2, 3]) {
    const { stack } = (await inspector.whereabouts(undefined, AMPLE))!
    t.match(stack, /at .*loopForNothing .*empty-loop\.mjs:3:\d+/)
    t.equal(urls.length, round)
    t.equal(new URL(urls.at(-1)!).hostname, '127.0.0.1')
    await closed(urls.at(-1)!)
  }
  t.equal(signals.length, 3)
})

t.test('who asks while another asks gets the same answer', async (t) => {
  const { inspector, signals } = await stuck(t, 'empty-loop')
  const [one, other] = await Promise.all([1, 2].map(() => inspector.whereabouts(undefined, AMPLE)))
  t.ok(one)
  t.equal(one, other)
  t.equal(signals.length, 1)
})

t.test('one visit does not end another, and the last closes the inspector', async (t) => {
  const { inspector, urls, signals } = await stuck(t, 'empty-loop')
  let leave!: () => void
  const staying = new Promise<void>((resolve) => {
    leave = resolve
  })
  const visit = inspector.visit(async (session) => {
    await staying
    return await session.call('Profiler.enable')
  })
  t.match((await inspector.whereabouts(undefined, AMPLE))!.stack, /loopForNothing/)
  t.ok(await listens(urls[0]!), 'it is open for the visit that is left')
  leave()
  t.equal(String(await visit), '{}')
  await closed(urls[0]!)
  t.equal(signals.length, 1)
  t.match((await inspector.whereabouts(undefined, AMPLE))!.stack, /loopForNothing/, 'and can be opened again')
})

t.test('whoever throws in a visit, or is answered more than can be taken, leaves nothing open', async (t) => {
  const { inspector, urls } = await stuck(t, 'empty-loop')
  const thrown = inspector.visit(async () => {
    throw new Error('no wish to stay')
  })
  await t.rejects(thrown, /no wish to stay/)
  await closed(urls.at(-1)!)
  const expression = `'x'.repeat(2 ** 26)`
  const flooded = inspector.visit((session) =>
    session.call('Runtime.evaluate', { expression, returnByValue: true }),
  )
  await t.rejects(flooded, /payload|size/i)
  await closed(urls.at(-1)!)
})

t.test('a regular expression that backtracks for ever is found', async (t) => {
  const { inspector, urls } = await stuck(t, 'regular-expression')
  const { stack } = (await inspector.whereabouts(undefined, AMPLE))!
  await closed(urls[0]!)
  t.match(stack, /^ {4}at RegExp\.test .*\n {4}at .*backtrackForEver .*regular-expression\.mjs:3:\d+/)
})

t.test('a wait for other threads is found', async (t) => {
  const { inspector, urls } = await stuck(t, 'atomics-wait')
  const { stack } = (await inspector.whereabouts(undefined, AMPLE))!
  await closed(urls[0]!)
  t.match(stack, /^ {4}at Atomics\.wait .*\n {4}at .*waitForNobody .*atomics-wait\.mjs:3:\d+/)
})

t.test('a process that waits for something to happen has an empty stack', async (t) => {
  const { inspector } = await stuck(t, 'await')
  t.same(await inspector.whereabouts('[1 + 1]', AMPLE), { stack: '', value: [2] })
})

t.test('an expression that throws costs nothing but its value', async (t) => {
  const { inspector } = await stuck(t, 'empty-loop')
  const { stack, value } = (await inspector.whereabouts('nothing.at.all', AMPLE))!
  t.match(stack, /loopForNothing/)
  t.equal(value, undefined)
})

t.test('what cannot be answered is no answer, and the inspector is closed all the same', async (t) => {
  const { inspector, urls } = await stuck(t, 'empty-loop')
  for (const expression of ['({ get no() { throw 1 } })', '{ syntax']) {
    t.equal(await inspector.whereabouts(expression, AMPLE), undefined)
    await closed(urls.at(-1)!)
  }
  t.match((await inspector.whereabouts(undefined, AMPLE))!.stack, /loopForNothing/)
})

t.test('what a module did to Error neither runs nor hides anything', async (t) => {
  const { inspector } = await stuck(t, 'tampered-error')
  t.match((await inspector.whereabouts(undefined, AMPLE))!.stack, /loopInDisguise/)
})

t.test('a process in a system call is given up on', async (t) => {
  const { inspector } = await stuck(t, 'system-call')
  t.equal(await inspector.whereabouts(undefined, LITTLE), undefined)
})

t.test('a stopped process is given up on, and goes on unharmed when it is continued', async (t) => {
  const { child, inspector, urls, signals } = await stuck(t, 'await')
  child.kill('SIGSTOP')
  t.ok(await eventually(() => isStopped(child), AMPLE))
  t.equal(await inspector.whereabouts(undefined, LITTLE), undefined)
  t.equal(await inspector.whereabouts(undefined, LITTLE), undefined)
  child.kill('SIGCONT')
  t.ok(await inspector.whereabouts(undefined, AMPLE))
  t.equal(signals.length, 1, 'it is signalled once')
  await closed(urls[0]!)
  t.ok(await inspector.whereabouts(undefined, AMPLE), 'and can be asked afterwards')
})

t.test('one that is stopped in the midst of the answer leaves nothing open either', async (t) => {
  const urls: string[] = []
  const flag = `${t.testdir({})}/go-on`
  const { child, inspector } = await stuck(t, 'loop', {
    args: [flag],
    parts: (child) => ({
      connect: async (url) => {
        urls.push(url)
        child.kill('SIGSTOP')
        await eventually(() => isStopped(child), AMPLE)
        return openSession(url)
      },
    }),
  })
  t.equal(await inspector.whereabouts(undefined, LITTLE), undefined)
  t.ok(await eventually(() => isStopped(child), AMPLE))
  child.kill('SIGCONT')
  await closed(urls[0]!)
  writeFileSync(flag, '')
  t.same(await once(child, 'message'), ['free', undefined])
})

t.test('a process that dies before it listens, or before it answers, is given up on at once', async (t) => {
  const clock = new FakeClock()
  const beforeListening = await stuck(t, 'await', {
    parts: (child) => ({ clock, signal: () => child.kill('SIGKILL') }),
  })
  t.equal(await beforeListening.inspector.whereabouts(), undefined)
  const beforeAnswering = await stuck(t, 'await', {
    parts: (child) => ({
      clock,
      connect: (url) => {
        child.kill('SIGKILL')
        return openSession(url)
      },
    }),
  })
  // It may answer before it dies; what matters is that the clock need not move.
  await beforeAnswering.inspector.whereabouts()
  t.equal(clock.timers, 0)
})

t.test('an inspector that somebody else has opened is used and left open, and shown', async (t) => {
  const { inspector, urls, signals, lines } = await stuck(t, 'empty-loop', {
    execArgv: ['--inspect=127.0.0.1:0'],
  })
  t.match(lines[0], /^Debugger listening on ws:/)
  for (const _ of ['once', 'again']) {
    t.match((await inspector.whereabouts(undefined, AMPLE))!.stack, /loopForNothing/)
  }
  t.same(signals, [])
  t.ok(await listens(urls[0]!))
})

t.test('a process with a SIGUSR1 handler of its own hears it once, however often it is asked', async (t) => {
  const { child, inspector, signals } = await stuck(t, 'own-handler')
  const heard = once(child, 'message')
  t.equal(await inspector.whereabouts(undefined, LITTLE), undefined)
  t.same(await heard, ['heard', undefined])
  t.equal(await inspector.whereabouts(undefined, LITTLE), undefined)
  t.equal(signals.length, 1)
})

t.test('another process that listens on the same stderr is not taken for this one', async (t) => {
  const other = await stuck(t, 'await', { execArgv: ['--inspect=127.0.0.1:0'] })
  const [announcement] = other.lines
  const { inspector } = await stuck(t, 'empty-loop')
  inspector.hear(announcement!)
  t.equal(await inspector.whereabouts(undefined, AMPLE), undefined)
  t.match((await inspector.whereabouts(undefined, AMPLE))!.stack, /loopForNothing/)
})

t.test('what a process wrote before an unfinished line was cut short by Node is kept', async (t) => {
  const clock = new FakeClock()
  const asked: string[] = []
  const inspector = new Inspector({
    pid: 1,
    clock,
    signal: () => {},
    connect: async (url) => {
      asked.push(url)
      throw new Error('nobody is there')
    },
  })
  const whereabouts = inspector.whereabouts()
  t.equal(inspector.hear('half a lineDebugger listening on ws://127.0.0.1:40001/0a-1b'), 'half a line')
  t.equal(inspector.hear('For help, see: https://nodejs.org/en/docs/inspector'), undefined)
  t.equal(inspector.hear('Debugger attached. '), 'Debugger attached. ')
  t.equal(await whereabouts, undefined)
  t.equal(asked[0], 'ws://127.0.0.1:40001/0a-1b')
})

t.test('an inspector that cannot be opened is no answer, and its reason is shown', async (t) => {
  const clock = new FakeClock()
  const inspector = new Inspector({ pid: 1, clock, signal: () => {} })
  const whereabouts = inspector.whereabouts()
  const reason = 'Starting inspector on 127.0.0.1:9229 failed: address already in use'
  t.equal(inspector.hear(reason), reason)
  t.equal(await whereabouts, undefined)
  const elsewhere = 'Debugger listening on ws://192.0.2.1:9229/0a-1b'
  t.equal(inspector.hear(elsewhere), elsewhere, 'and one on another machine is none')
})
