import t from 'tap'
import type { InFlightReport, StatusReport } from '../../src/model/status.js'
import { command } from '../command.js'
import { fixture, PipelineRun } from '../pipeline-run.js'

const statusOf = async (run: PipelineRun): Promise<StatusReport> =>
  JSON.parse(await command(run, 'status', 'mill', '--json'))

/** Asks until it is so: figures of a few seconds take a few seconds. */
async function statusWhen(run: PipelineRun, holds: (status: StatusReport) => boolean): Promise<StatusReport> {
  for (;;) {
    const status = await statusOf(run)
    if (holds(status)) return status
  }
}

t.test(
  'workers that are the bottleneck are named, with the slowest record and what each process does',
  async (t) => {
    const run = new PipelineRun(
      t,
      [
        ...['--from', 'count:1000000', '--worker', fixture('workers/take-time.mjs'), '--to', 'null:'],
        ...['--workers', '2', '--in-queue', '50', '--name', 'mill'],
      ],
      { env: { TAKES_MS: '150' } },
    )
    await run.event('stateChanged', ({ state }) => state === 'running')
    const status = await statusWhen(
      run,
      ({ bottleneck, processes, slowest, primary }) =>
        bottleneck.stage === 'workers' &&
        slowest.length > 0 &&
        [primary, ...processes].every(({ eventLoop }) => eventLoop !== null),
    )
    t.match(status.bottleneck.why, /^workers are the bottleneck: busy \d+ %, in-queue full \d+ % of the time/)
    for (const shares of Object.values(status.stages)) {
      t.ok(Math.abs(shares.busy + shares.idle + shares.blocked - 1) < 1e-9, JSON.stringify(shares))
    }
    t.match(status.slowest[0], { id: /^count:\d+$/, process: /^worker:[12]$/, records: 1 })
    t.ok(status.slowest[0]!.seconds >= 0.15, `${status.slowest[0]!.seconds} s`)
    t.ok(status.queues.in.ageSeconds! > 0 && status.secondsToEnd! > 0)
    t.ok(status.perSecond.settled > 0 && status.cores.used! > 0 && status.primary.rss! > 2 ** 20)
    for (const { id, heapUsed } of status.processes)
      t.ok(heapUsed! > 2 ** 20, `${id} has ${heapUsed} bytes of heap`)
  },
)

t.test('what is in flight is found where it is: in hands, in queues, or waiting for a retry', async (t) => {
  const run = new PipelineRun(
    t,
    [
      ...['--from', 'count:20', '--worker', fixture('workers/fail-then-wait.mjs'), '--to', 'null:'],
      ...['--workers', '2', '--retry-backoff', '1h', '--retry-max-backoff', '1h', '--name', 'mill'],
    ],
    {},
  )
  await run.event('recordRetried')
  let report: InFlightReport
  do report = JSON.parse(await command(run, 'inflight', 'mill', '--json'))
  while (report.held.length < 2)
  const { waiting, processes, held, retries } = report
  const inHands = processes.reduce((sum, { inHand }) => sum + inHand, 0)
  t.equal(waiting.in + waiting.out + waiting.retry + inHands, report.inFlight)
  t.match(retries, [{ id: 'count:0', attempt: 2 }])
  t.ok(retries[0]!.dueInSeconds > 1000)
  t.same(new Set(held.map(({ process }) => process)), new Set(['worker:1', 'worker:2']))
  for (const { id, pid, process, attempt, what } of held) {
    t.match({ id, attempt, what }, { id: /^count:\d+$/, attempt: 1, what: 'records' })
    t.equal(pid, run.pidOf(process))
  }
  const short: InFlightReport = JSON.parse(await command(run, 'inflight', 'mill', '--limit', '1', '--json'))
  t.equal(short.held.length, 1)
  t.equal(short.more, report.held.length + report.more - 1)
})

t.test('a worker in an endless loop is seen to be at work, although it says nothing', async (t) => {
  const run = new PipelineRun(t, [
    ...['--from', 'count:1000', '--worker', fixture('workers/spin-at-five.mjs'), '--to', 'null:'],
    ...['--workers', '2', '--name', 'mill'],
  ])
  await run.until(() => run.lines.some(({ msg }) => msg === 'spinning'), 'the loop')
  const status = await statusWhen(run, ({ oldestUnsettled }) => (oldestUnsettled?.ageSeconds ?? 0) > 1)
  const spinner = status.processes.find(({ id }) => id === status.oldestUnsettled!.process)!
  t.ok(spinner.busy > 0.5, `busy ${spinner.busy}`)
})
