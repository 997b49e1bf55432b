import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { statusUntil } from '../from-outside.js'
import { fixture, PipelineRun } from '../pipeline-run.js'
import { childrenOf, isRunning } from '../processes.js'

const slowly = (ms: number, ...more: string[]) =>
  [
    ['--from', 'count:1000000', '--worker', fixture('workers/take-time.mjs'), '--to', 'stdout:', ...more],
    { env: { TAKES_MS: String(ms) } },
  ] as const

/** Resolves when something was delivered, so that every stage has work. */
const underWay = (run: PipelineRun) => run.until(() => run.results.length > 0, 'a first result')

async function someInFlight(run: PipelineRun): Promise<void> {
  await run.event('stateChanged', ({ state }) => state === 'running')
  await statusUntil(run, ({ counters }) => counters.inFlight > 0)
}

function expectDrained(t: Test, run: PipelineRun): void {
  const { summary } = run
  t.match(summary, { outcome: 'drained', dropped: 0, deadLettered: 0, returned: 0 })
  t.equal(summary.delivered, summary.read, 'everything read is delivered')
  t.equal(run.results.length, summary.read)
  t.ok(summary.read < 1_000_000, 'it was stopped on the way')
  t.same(summary.restarts, { writer: 0, worker: 0, sender: 0 })
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} drains: everything that was read is delivered`, async (t) => {
    const [args, options] = slowly(1, '--in-queue', '200')
    const run = new PipelineRun(t, args, options)
    await underWay(run)
    run.signal(signal)
    t.match(await run.ended, { code: 0 })
    expectDrained(t, run)
  })

  t.test(`${signal} to every process of the tree drains all the same`, async (t) => {
    const [args, options] = slowly(1, '--in-queue', '200')
    const run = new PipelineRun(t, args, { ...options, ownGroup: true })
    await underWay(run)
    process.kill(-run.pid, signal)
    t.match(await run.ended, { code: 0 })
    expectDrained(t, run)
  })
}

t.test('a drain survives the death of a worker and of the writer', async (t) => {
  const [args, options] = slowly(5, '--in-queue', '1000', '--workers', '2')
  const run = new PipelineRun(t, args, options)
  await underWay(run)
  run.signal('SIGTERM')
  await run.event('stateChanged', ({ state }) => state === 'draining')
  for (const place of ['worker:1', 'writer']) process.kill(run.pidOf(place), 'SIGKILL')
  t.match(await run.ended, { code: 0 })
  const { summary } = run
  t.match(summary, { outcome: 'drained', returned: 0, restarts: { worker: 1, sender: 0 } })
  t.equal(summary.delivered, summary.read)
  t.equal(new Set(run.results).size, summary.read, 'each is delivered')
  t.equal(run.results.length, summary.read, 'and once')
})

t.test('a signal during the start ends the run with a true account', async (t) => {
  for (const wait of [0, 100, 250]) {
    const [args, options] = slowly(1, '--in-queue', '20')
    const run = new PipelineRun(t, args, options)
    await run.event('processStarted', ({ process }) => process === 'writer')
    await sleep(wait)
    run.signal('SIGTERM')
    t.match(await run.ended, { code: 0 }, `after ${wait} ms`)
    t.equal(run.summary.delivered, run.summary.read)
    t.equal(run.summary.outcome, 'drained')
  }
})

t.test('a second signal stops at once and says how many records were given back', async (t) => {
  const [args, options] = slowly(600_000)
  const run = new PipelineRun(t, args, options)
  await someInFlight(run)
  const children = childrenOf(run.pid)
  run.signal('SIGTERM')
  await run.event('stateChanged', ({ state }) => state === 'draining')
  run.signal('SIGTERM')
  t.match(await run.ended, { code: 75 })
  expectReturned(t, run)
  t.notOk(children.filter((pid) => run.pids.includes(pid)).some(isRunning), 'nobody is left')
})

t.test('a drain ends at its deadline, and says how many records were given back', async (t) => {
  const [args, options] = slowly(600_000, '--shutdown-timeout', '300ms')
  const run = new PipelineRun(t, args, options)
  await someInFlight(run)
  run.signal('SIGINT')
  t.match(await run.ended, { code: 75 })
  expectReturned(t, run)
})

function expectReturned(t: Test, { summary }: PipelineRun): void {
  const { read, delivered, dropped, deadLettered, returned } = summary
  t.equal(summary.outcome, 'stopped')
  t.ok(returned > 0)
  t.equal(read, delivered + dropped + deadLettered + returned)
}

t.test(
  'a signal while a pipeline on a live source starts up ends it, without waiting for the deadline',
  async (t) => {
    const args = ['--worker', fixture('workers/same.mjs'), '--workers', '1', '--to', 'null:']
    const run = new PipelineRun(t, ['--from', 'stdin:', ...args, '--shutdown-timeout', '60s'], {
      input: 'open',
    })
    await run.event('processStarted', ({ process }) => process === 'writer')
    run.signal('SIGTERM')
    t.match(await run.ended, { code: 0 })
    t.match(run.summary, { outcome: 'drained', read: 0 })
  },
)
