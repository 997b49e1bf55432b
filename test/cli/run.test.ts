import { EventEmitter } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { main } from '../../src/cli/main.js'
import type { Launcher } from '../../src/cli/run.js'
import type { Screen, ScreenListener } from '../../src/cli/screen.js'
import { type CapturedTerminal, captured } from '../fixtures/cli/captured.js'
import { nobodyAbove, StubPipeline } from '../fixtures/control/pipeline.js'

const runtime = mkdtempSync(join(tmpdir(), 'mr-'))
t.teardown(() => rmSync(runtime, { recursive: true }))
writeFileSync(join(runtime, 'worker.mjs'), '')

const argv = ['run', '--from', 'count:5', '--worker', 'worker.mjs', '--name', 'mill']
const surroundings = { cwd: runtime, env: { XDG_RUNTIME_DIR: runtime, TMPDIR: runtime } }
const terminalHere = () => captured(surroundings)

/** Runs a stub by the command line; `within` acts as soon as other commands can reach it. */
async function runStub(within: (pipeline: StubPipeline, signals: EventEmitter) => unknown, line = argv) {
  const terminal = terminalHere()
  const pipeline = new StubPipeline()
  const signals = new EventEmitter()
  const started: Parameters<Launcher['start']>[] = []
  const start: Launcher['start'] = async (...given) => {
    started.push(given)
    setImmediate(() => within(pipeline, signals))
    return pipeline
  }
  const code = await main(line, terminal, { start, signals, oversee: nobodyAbove })
  const [config, options] = started[0] ?? []
  return { code, terminal, pipeline, signals, config, options }
}

/** The same, with whatever `act` does while other commands can reach it, and after that. */
async function alongside(act: (pipeline: StubPipeline) => Promise<void>): Promise<void> {
  let acting: Promise<void> | undefined
  await runStub((pipeline) => {
    acting = inReach().then(() => act(pipeline))
  })
  await acting
}

/** The socket is served and the entry written a moment after the start. */
async function inReach(): Promise<void> {
  while (!readdirSync(join(runtime, 'millrace')).some((file) => file.endsWith('.json'))) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** A screen on which something happens as soon as it is drawn on. */
function screenThat(acts: (listener: ScreenListener, drawn: number) => void) {
  const drawn: (readonly string[])[] = []
  let closed = 0
  const screen: Screen = {
    open: (listener) => ({
      columns: 100,
      rows: 30,
      draw: (lines) => {
        drawn.push(lines)
        acts(listener, drawn.length)
      },
      close: () => closed++,
    }),
  }
  return { screen, drawn, closed: () => closed }
}

t.test('a run ends with the exit code of its pipeline and leaves nothing behind', async (t) => {
  const { code, config, terminal, signals } = await runStub((pipeline) => pipeline.finish(0))
  t.equal(code, 0)
  t.match(config, { name: 'mill', writer: { connector: { scheme: 'count' } } })
  t.same([terminal.out(), terminal.err()], ['', ''])
  t.same(readdirSync(join(runtime, 'millrace')), [])
  t.same(signals.eventNames(), [])
})

t.test('fresh and limit are of one run, and set nothing in its configuration', async (t) => {
  const plain = await runStub((pipeline) => pipeline.finish(0))
  t.match(plain.options, { version: /^\d+\.\d+\.\d+/, fresh: false })
  t.notOk(Object.hasOwn(plain.options!, 'limit'))
  const special = await runStub((pipeline) => pipeline.finish(0), [...argv, '--fresh', '--limit', '250'])
  t.match(special.options, { fresh: true, limit: 250 })
  t.same(special.config, plain.config)
})

t.test('signals that come while a pipeline starts are kept for it', async (t) => {
  const pipeline = new StubPipeline()
  const signals = new EventEmitter()
  const start: Launcher['start'] = async () => {
    signals.emit('SIGTERM')
    signals.emit('SIGTERM')
    return pipeline
  }
  t.equal(await main(argv, terminalHere(), { start, signals, oversee: nobodyAbove }), 75)
  t.same(pipeline.told, ['drain SIGTERM', 'stopNow'])
  t.same(signals.eventNames(), [])
})

t.test('the first signal drains and the second stops at once', async (t) => {
  const { code, pipeline } = await runStub((_, signals) => {
    signals.emit('SIGTERM')
    signals.emit('SIGINT')
  })
  t.same(pipeline.told, ['drain SIGTERM', 'stopNow'])
  t.equal(code, 75)
})

t.test('a pipeline that fails ends with one message and the exit code of its error', async (t) => {
  const { code, terminal } = await runStub((pipeline) => pipeline.fail(new Error('out of water')))
  t.equal(code, 1)
  t.equal(terminal.err(), 'millrace: out of water\n')
})

t.test('a pipeline that no command could reach is not started', async (t) => {
  const deep = join(runtime, 'd'.repeat(90))
  mkdirSync(deep)
  const terminal = captured({ cwd: runtime, env: { XDG_RUNTIME_DIR: deep, TMPDIR: runtime } })
  const start = () => Promise.reject(new Error('it was started'))
  t.equal(await main(argv, terminal, { start, signals: new EventEmitter(), oversee: nobodyAbove }), 78)
  t.match(terminal.err(), /^millrace: the control socket .* has a path of \d+ bytes/)
})

t.test('other commands reach a run by its name', async (t) => {
  const asked: { code: number; terminal: CapturedTerminal }[] = []
  const ask = async (...line: string[]) => {
    const terminal = terminalHere()
    asked.push({ code: await main(line, terminal), terminal })
  }
  const { code, pipeline } = await runStub(async (pipeline) => {
    pipeline.once('drain', () => pipeline.finish(0))
    // The socket is served and the entry written a moment after the start.
    while (!readdirSync(join(runtime, 'millrace')).some((file) => file.endsWith('.json'))) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    await ask('ls')
    await ask('ls', '--json')
    await ask('status', 'mill')
    await ask('status', '--json')
    await ask('restart', 'worker:2')
    await ask('restart', 'worker:9', '--name', 'mill')
    await ask('status', 'mil')
    await ask('stop', 'mill')
  })
  t.equal(code, 0)
  t.same(pipeline.told, ['drain asked to stop'])
  // The run may end before the last command has read its answer.
  while (asked.length < 8) await new Promise((resolve) => setImmediate(resolve))
  const outs = asked.map(({ terminal }) => terminal.out())
  t.match(
    outs[0],
    /^NAME +PID +STATE[\s\S]*\nmill +\d+ +running +3m 20s +1,200 +1,100 +100 +\S+\.millrace\/mill\n$/,
  )
  t.match(JSON.parse(outs[1]!), [
    { name: 'mill', pid: process.pid, state: 'running', counters: { read: 1200 } },
  ])
  t.match(
    outs[2],
    /\nbottleneck +workers are the bottleneck: busy 97 %[\s\S]*\nworker:1 +4711 +ready +1m 5s +0 +3 +61 +1,100 +80% +- +50.0 MB +95%/,
  )
  t.match(JSON.parse(outs[3]!), { schema: 1, name: 'mill' })
  t.equal(outs[4], 'worker:2 restarted: pid 4711 → 4720, 3 records handed to others, 180 ms\n')
  t.match(asked[5]?.code, 2)
  t.equal(asked[5]?.terminal.err(), 'millrace: there is no worker:9\n')
  t.match(asked[6]?.terminal.err(), /no pipeline named `mil` is running; did you mean `mill`\?/)
  t.equal(asked[6]?.code, 1)
  t.match(
    outs[7],
    /^mill drained: 1,200 read = 1,200 delivered \+ 0 dropped \+ 0 dead-lettered \+ 0 returned\n$/,
  )
})

t.test('pause, resume and rate say what they did', async (t) => {
  const lines: string[] = []
  const { pipeline } = await runStub(async (pipeline) => {
    while (!readdirSync(join(runtime, 'millrace')).some((file) => file.endsWith('.json'))) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    const ask = async (...line: string[]) => {
      const terminal = terminalHere()
      const code = await main(line, terminal)
      lines.push(`${code} ${terminal.out()}${terminal.err()}`)
    }
    await ask('pause')
    await ask('status', 'mill')
    await ask('resume', 'mill')
    await ask('rate', '30/m')
    await ask('rate', '500', '--name', 'mill')
    await ask('rate', 'none')
    await ask('pause', '--name', 'mill', '--json')
    await ask('resume', '--json')
    await ask('rate', '1500/s', '--json')
    await ask('rate', '5/y')
    pipeline.finish(0)
  })
  t.same(pipeline.told, [
    ...['pause', 'resume', 'setRate 0.5', 'setRate 500', 'setRate null'],
    ...['pause', 'resume', 'setRate 1500'],
  ])
  t.equal(lines[0], '0 mill is paused: nothing is read or begun until `millrace resume`; 100 in flight\n')
  t.match(lines[1], /state +paused \(asked to pause\) since /)
  t.same(lines.slice(2, 6), [
    '0 mill goes on: running\n',
    '0 mill begins at most 0.5 records a second\n',
    '0 mill begins at most 500 records a second\n',
    '0 mill begins records without a limit on their rate\n',
  ])
  t.same(
    lines.slice(6, 9).map((line) => JSON.parse(line.slice(2))),
    [
      { name: 'mill', state: 'paused', reason: 'asked to pause', inFlight: 100 },
      { name: 'mill', state: 'running', reason: null, inFlight: 100 },
      { name: 'mill', perSecond: 1500 },
    ],
  )
  t.match(lines[9], /^2 millrace: the rate must be '500\/s', .* or 'none', not '5\/y'\n$/)
})

t.test('inflight says who holds what and for how long, as much of it as was asked for', async (t) => {
  const said: string[] = []
  await alongside(async (pipeline) => {
    for (const line of [
      ['inflight', '--limit', '2'],
      ['inflight', 'mill', '--json'],
      ['inflight', '--limit', '1001'],
    ]) {
      const terminal = terminalHere()
      said.push(`${await main(line, terminal)} ${terminal.out()}${terminal.err()}`)
    }
    t.same(pipeline.told, ['inFlight 2', 'inFlight 20'])
    pipeline.finish(0)
  })
  t.equal(
    said[0],
    [
      '0 mill: 100 in flight: 40 in the in-queue, 50 in worker:1, 7 in sender, 1 result in the out-queue, 2 waiting for a retry',
      '',
      'PROCESS    PID  IN HAND FOR  COUNT  OF       ATTEMPT  FROM',
      'worker:1  4711  1m 5s            1  records        2  count:7',
      'sender    4712  0.3s             7  results        1  count:1#1',
      'and 3 younger runs; --limit shows more',
      '',
      'RETRY    ATTEMPT  DUE IN',
      'count:5        2  1.5s',
      'and 1 later',
      '',
    ].join('\n'),
  )
  t.match(JSON.parse(said[1]!.slice(2)), { held: [{ process: 'worker:1', id: 'count:7' }, {}], more: 3 })
  t.match(said[2], /^2 millrace: `limit` must be a whole number from 0 to 1000\n$/)
})

t.test(
  'top draws a pipeline until somebody leaves or it has ended, and gives the terminal back',
  async (t) => {
    await alongside(async (pipeline) => {
      const left = screenThat((listener) => listener.typed('q'))
      const terminal = captured({ ...surroundings, screen: left.screen })
      t.equal(await main(['top'], terminal), 0)
      t.match(left.drawn[0]?.join('\n'), /^mill +running[\s\S]*\nworkers are the bottleneck: busy 97 %/)
      t.same([left.closed(), terminal.out(), terminal.err()], [1, '', ''])

      const killed = screenThat((listener) => listener.interrupted())
      t.equal(await main(['top', 'mill'], captured({ ...surroundings, screen: killed.screen })), 0)
      t.equal(killed.closed(), 1)

      const small = screenThat((listener, drawn) => {
        if (drawn === 1) listener.resized()
        else pipeline.finish(0)
      })
      const last = captured({ ...surroundings, screen: small.screen })
      t.equal(await main(['top', 'mill'], last), 0)
      t.same(small.drawn[0], small.drawn[1], 'it is drawn anew when the terminal has another size')
      t.same([small.closed(), last.err()], [1, 'mill has ended\n'])

      t.equal(await main(['top', '--once'], terminalHere()), 1, 'there is nothing to see any more')
    })
  },
)

t.test('top prints a report once, where it was asked to', async (t) => {
  await alongside(async (pipeline) => {
    const terminal = terminalHere()
    t.equal(await main(['top', '--once'], terminal), 0)
    t.match(terminal.out(), /^pipeline +mill[\s\S]*\nworker:1 +4711/)
    pipeline.finish(0)
  })
})

t.test('commands without a pipeline say so', async (t) => {
  const terminal = terminalHere()
  t.equal(await main(['ls'], terminal), 0)
  t.same([terminal.out(), terminal.err()], ['', 'no pipeline is running\n'])
  const json = terminalHere()
  t.equal(await main(['ls', '--json'], json), 0)
  t.equal(json.out(), '[]\n')
  t.equal(await main(['stop'], terminalHere()), 1)
})
