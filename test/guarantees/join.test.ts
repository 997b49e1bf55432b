import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from '@nats-io/transport-node'
import t, { type Test } from 'tap'
import type { OutpostEvent } from '../../src/outpost/report.js'
import { statusOf } from '../from-outside.js'
import { findNatsServer, NatsServer } from '../nats-server.js'
import { fixture, linesIn, linesOf, PipelineRun, type RunOptions, temporaryFolder } from '../pipeline-run.js'
import { childrenOf, eventually, isRunning } from '../processes.js'

const found = await findNatsServer()
const skip = 'missing' in found && found.missing

/** Milliseconds for what should take far less; a busy machine gets them. */
const LONG = 60_000

/** Two machines and a server between them: one runs a pipeline with one worker, the other lends it two. */
class TwoMachines {
  readonly url: string
  readonly server: NatsServer
  readonly folder: string
  readonly #t: Test
  readonly #records: number

  static async make(t: Test, records = 3000): Promise<TwoMachines> {
    const server = await NatsServer.start('path' in found ? found.path : '')
    t.teardown(() => server.end())
    return new TwoMachines(t, server, records)
  }

  private constructor(t: Test, server: NatsServer, records: number) {
    this.#t = t
    this.#records = records
    this.server = server
    this.url = `nats://${server.transport.servers[0]}`
    this.folder = temporaryFolder(t)
  }

  run(...more: string[]): PipelineRun {
    const args = [
      ...['--name', 'mill', '--from', `count:${this.#records}`, '--to', 'file:out.txt', '--workers', '1'],
      ...['--transport', this.url, '--checkpoint-every', '50ms', '--in-queue', '500', '--out-queue', '500'],
    ]
    return this.#start({ folder: this.folder }, ...args, ...more)
  }

  join(...more: string[]): PipelineRun {
    return this.#start({ command: 'join' }, this.url, '--name', 'mill', '--workers', '2', ...more)
  }

  #start(options: RunOptions, ...args: string[]): PipelineRun {
    const env = { TAKES_MS: '1', GATE: this.#gate }
    const worker = ['--worker', fixture('workers/sign-once-opened.mjs')]
    return new PipelineRun(this.#t, [...args, ...worker], { ...options, env })
  }

  get #gate(): string {
    return join(this.folder, 'gate')
  }

  /** For those that start from now on. */
  shutGate(): void {
    rmSync(this.#gate)
  }

  /** Lets everybody work. */
  openGate(): void {
    writeFileSync(this.#gate, '')
  }

  /** Who has worked on the results that are written. */
  get signatures(): string[] {
    const path = join(this.folder, 'out.txt')
    return existsSync(path) ? linesOf(readFileSync(path, 'utf8')).map((line) => line.split(' ')[1] ?? '') : []
  }

  async untilSignedBy(worker: string, times: number): Promise<void> {
    const signed = () => this.signatures.filter((index) => index === worker).length >= times
    this.#t.ok(await eventually(signed, LONG), `worker:${worker} has done ${times}`)
  }

  /** Sees the run end well, with every record in the file once. */
  async expectAllOnce(run: PipelineRun): Promise<void> {
    this.#t.match(await run.ended, { code: 0 }, run.said)
    const numbers = linesIn(join(this.folder, 'out.txt')).map((line) => Number(line.split(' ')[0]))
    this.#t.equal(numbers.length, this.#records, 'no line too many, and none missing')
    this.#t.equal(new Set(numbers).size, this.#records, 'none is there twice')
  }
}

const toldBy = (outpost: PipelineRun, type: OutpostEvent['type']) =>
  outpost.lines.filter(({ event }) => String(event) === type)

const hasTold = (outpost: PipelineRun, type: OutpostEvent['type'], times = 1) =>
  outpost.until(() => toldBy(outpost, type).length >= times, type)

const bothReady = async (run: PipelineRun, ids = ['worker:2', 'worker:3']) => {
  for (const id of ids) await run.event('processReady', ({ process }) => process === id)
}

t.test(
  'workers of a machine that has joined take their share, and every record is done once',
  { skip },
  async (t) => {
    const machines = await TwoMachines.make(t)
    const run = machines.run()
    const outpost = machines.join()
    await bothReady(run)
    const { processes } = await statusOf(run)
    t.match(
      processes.map(({ id, host }) => [id, host]),
      [
        ['writer', null],
        ['worker:1', null],
        ['worker:2', String],
        ['worker:3', String],
        ['sender', null],
      ],
    )
    machines.openGate()
    await machines.expectAllOnce(run)
    for (const worker of ['1', '2', '3'])
      t.ok(machines.signatures.includes(worker), `worker:${worker} took part`)
    t.match(await outpost.ended, { code: 0 }, 'it ends with the pipeline')
    t.match(toldBy(outpost, 'outpostEnded'), [{ why: 'the pipeline finished' }])
  },
)

t.test(
  'a worker elsewhere that is killed is replaced there, nothing is lost or doubled, and no other restarts',
  { skip },
  async (t) => {
    const machines = await TwoMachines.make(t)
    const run = machines.run()
    const outpost = machines.join()
    await bothReady(run)
    machines.openGate()
    await machines.untilSignedBy('2', 100)
    const pid = run.pidOf('worker:2')
    t.ok(childrenOf(outpost.pid).includes(pid), 'it is a child of the other machine')
    process.kill(pid, 'SIGKILL')
    t.match(await run.event('processExited', (exit) => exit.pid === pid), {
      exit: { signal: 'SIGKILL', reason: 'killed by SIGKILL' },
      planned: false,
    })
    await run.event('processReady', (ready) => ready.process === 'worker:2' && ready.pid !== pid)
    t.ok(childrenOf(outpost.pid).includes(run.pidOf('worker:2')), 'so is the one that replaces it')
    await machines.expectAllOnce(run)
    t.same(run.summary.restarts, { writer: 0, worker: 1, sender: 0 })
    t.match(await outpost.ended, { code: 0 })
  },
)

t.test('a machine that dies leaves its records to the others, and no process behind', { skip }, async (t) => {
  const machines = await TwoMachines.make(t)
  const run = machines.run()
  const outpost = machines.join()
  await bothReady(run)
  machines.openGate()
  await machines.untilSignedBy('3', 100)
  const children = childrenOf(outpost.pid)
  outpost.signal('SIGKILL')
  t.ok(await eventually(() => !children.some(isRunning), 5000), 'its children went with it')
  t.match(await run.event('machineLeft'), { lost: true, workers: ['worker:2', 'worker:3'] })
  await machines.expectAllOnce(run)
  t.same(run.summary.restarts, { writer: 0, worker: 0, sender: 0 }, 'nobody takes its places')
})

t.test(
  'a machine may be there first, outlives a primary that is killed, and works for the next',
  { skip },
  async (t) => {
    const machines = await TwoMachines.make(t)
    const outpost = machines.join()
    await hasTold(outpost, 'outpostWaiting')
    const first = machines.run()
    await bothReady(first)
    machines.openGate()
    await machines.untilSignedBy('2', 100)
    machines.shutGate()
    first.signal('SIGKILL')
    t.match(await first.ended, { signal: 'SIGKILL' })
    const second = machines.run()
    await hasTold(outpost, 'outpostAlone')
    await hasTold(outpost, 'outpostJoined', 2)
    await bothReady(second)
    machines.openGate()
    await machines.expectAllOnce(second)
    t.match(await outpost.ended, { code: 0 })
    t.equal(toldBy(outpost, 'outpostWaiting').length, 1, 'it has said so once')
  },
)

t.test('a machine that is asked to leave finishes what it has begun', { skip }, async (t) => {
  const machines = await TwoMachines.make(t)
  const run = machines.run()
  const outpost = machines.join()
  await bothReady(run)
  machines.openGate()
  await machines.untilSignedBy('2', 100)
  outpost.signal('SIGTERM')
  t.match(await outpost.ended, { code: 0 }, outpost.said)
  t.match(await run.event('machineLeft'), { lost: false })
  const exits = run.eventsOf('processExited')
  t.match(exits, [
    { planned: true, returned: 0 },
    { planned: true, returned: 0 },
  ])
  await machines.expectAllOnce(run)
})

t.test('what somebody else says on the subjects of a pipeline does no harm', { skip }, async (t) => {
  const machines = await TwoMachines.make(t)
  const run = machines.run()
  const outpost = machines.join()
  await bothReady(run)
  const nc = await connect({ servers: machines.server.transport.servers[0]! })
  t.teardown(() => nc.close())
  const subjects = new Set<string>()
  for await (const { subject } of nc.subscribe('millrace.mill.join.>')) {
    subjects.add(subject)
    if (subjects.size === 2) break
  }
  const rubbish = ['', '{', '{"protocol":1}', 'x'.repeat(10_000), '\u0000\u0001\u0000\u0000\u0000'.repeat(3)]
  for (const subject of [...subjects, 'millrace.mill.join.hello', 'millrace.mill.join.nobody.up'])
    for (const text of rubbish) nc.publish(subject, text)
  await nc.flush()
  machines.openGate()
  await machines.expectAllOnce(run)
  t.equal(run.eventsOf('machineJoined').length, 1)
  t.match(await outpost.ended, { code: 0 })
})

t.test(
  'a machine that was stopped for too long joins anew, and what it did late counts for nothing',
  { skip },
  async (t) => {
    const machines = await TwoMachines.make(t, 12_000)
    const run = machines.run()
    const outpost = machines.join()
    await bothReady(run)
    machines.openGate()
    await machines.untilSignedBy('2', 100)
    outpost.signal('SIGSTOP')
    await run.event('machineLeft', ({ lost }) => lost)
    outpost.signal('SIGCONT')
    await hasTold(outpost, 'outpostJoined', 2)
    await bothReady(run, ['worker:4', 'worker:5'])
    await machines.expectAllOnce(run)
    t.match(await outpost.ended, { code: 0 })
  },
)
