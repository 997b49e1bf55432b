import t, { type Test } from 'tap'
import type { RestartReport, StatusReport, Summary } from '../../src/model/status.js'
import { command } from '../command.js'
import { fixture, PipelineRun } from '../pipeline-run.js'

const slowPipeline = (t: Test) =>
  new PipelineRun(
    t,
    [
      ...['--from', 'count:1000000', '--worker', fixture('workers/take-time.mjs'), '--to', 'stdout:'],
      ...['--workers', '3', '--in-queue', '200', '--name', 'mill'],
    ],
    { env: { TAKES_MS: '1' } },
  )

const underWay = (run: PipelineRun) => run.until(() => run.results.length > 100, 'some results')

t.test('of one pipeline that is under way,', async (t) => {
  const run = slowPipeline(t)
  await underWay(run)

  await t.test('ls and status show a running pipeline and what each process uses', async (t) => {
    t.match(await command(run, 'ls'), /^NAME +PID +STATE.*\nmill +\d+ +running/)
    t.match(JSON.parse(await command(run, 'ls', '--json')), [
      { name: 'mill', pid: run.pid, state: 'running' },
    ])
    t.match(await command(run, 'status'), /worker:3 +\d+ +ready/)

    const status: StatusReport = JSON.parse(await command(run, 'status', 'mill', '--json'))
    t.match(status, {
      schema: 1,
      version: /^\d+\.\d+\.\d+/,
      name: 'mill',
      pid: run.pid,
      state: 'running',
      reason: null,
      transport: 'ipc',
      counters: {
        read: Number,
        delivered: Number,
        dropped: 0,
        deadLettered: 0,
        retried: 0,
        inFlight: Number,
      },
      queues: { in: { capacity: 200, size: Number, bytes: Number }, out: { capacity: 16384 } },
      source: { kind: 'counted', lag: null, fraction: Number },
      deadLetters: 0,
      bottleneck: { stage: String, why: String },
    })
    const { read, delivered, inFlight } = status.counters
    t.equal(read, delivered + inFlight)
    t.same(status.processes.map(({ id }) => id).sort(), [
      'sender',
      'worker:1',
      'worker:2',
      'worker:3',
      'writer',
    ])
    for (const { id, pid, state, rss, cpu, restarts } of status.processes) {
      t.equal(pid, run.pidOf(id))
      t.match({ state, rss, cpu, restarts }, { state: 'ready', rss: Number, cpu: Number, restarts: 0 })
      t.ok(rss! > 2 ** 20, `${id} uses ${rss} bytes`)
    }
  })

  await t.test(
    'who asks for as many workers as there are changes nothing, and that is no event',
    async (t) => {
      t.equal(await command(run, 'scale', '3'), 'mill has 3 workers already\n')
      await command(run, 'scale', '2')
      t.match(run.eventsOf('workersScaled'), [{ from: 3, to: 2 }])
    },
  )

  await t.test(
    'processes are told of in the order of the flow, and a wrong target is answered with them',
    async (t) => {
      await command(run, 'scale', '5')
      const table = await command(run, 'status')
      t.match(
        table,
        /\nprimary .*\nwriter .*\nworker:1 .*\nworker:2 .*\nworker:3 .*\nworker:4 .*\nworker:5 .*\nsender /,
      )
      t.match(table, new RegExp(`primary +${run.pid} .* MB `), 'and what the primary uses')
      const are = 'there are writer, worker:1 to worker:5, sender'
      await t.rejects(command(run, 'restart', 'worker:9'), {
        message: `restart worker:9 ended with exit code 2: millrace: \`worker:9\` cannot be restarted; ${are}, and \`workers\` for all of them\n`,
      })
      await t.rejects(command(run, 'restart', 'wirter'), /did you mean `writer`/)
      await t.rejects(command(run, 'stack', 'worker:9'), new RegExp(`there is no worker:9; ${are}\n$`))
    },
  )
})

t.test('one worker is restarted under load: the others stay, nothing is lost or doubled', async (t) => {
  const run = slowPipeline(t)
  await underWay(run)
  const before = ['writer', 'worker:1', 'worker:2', 'worker:3', 'sender'].map((place) => run.pidOf(place))
  const report: RestartReport = JSON.parse(await command(run, 'restart', 'worker:2', '--json'))
  t.match(report, { process: 'worker:2', oldPid: before[2], newPid: run.pidOf('worker:2') })
  t.not(report.newPid, report.oldPid)
  t.same(
    ['writer', 'worker:1', 'worker:3', 'sender'].map((place) => run.pidOf(place)),
    [before[0], before[1], before[3], before[4]],
  )
  const soFar = run.results.length
  await run.until(() => run.results.length > soFar + 100, 'more results')

  const summary: Summary = JSON.parse(await command(run, 'stop', '--json'))
  t.match(await run.ended, { code: 0 })
  t.same(summary, JSON.parse(JSON.stringify(run.summary)))
  t.match(summary, { outcome: 'drained', returned: 0, restarts: { worker: 0 } })
  t.equal(summary.delivered, summary.read)
  t.same(
    run.results.map(Number).sort((a, b) => a - b),
    Array.from({ length: summary.read }, (_, i) => i),
  )
})

t.test(
  'a worker that cannot drain is killed at the deadline, and the restart says what is done twice',
  async (t) => {
    const run = new PipelineRun(
      t,
      [
        ...['--from', 'count:1', '--worker', fixture('workers/take-time.mjs'), '--to', 'null:'],
        ...['--workers', '1', '--shutdown-timeout', '50ms', '--name', 'mill'],
      ],
      { env: { TAKES_MS: '600000' } },
    )
    const inHand = async () => {
      const { processes }: StatusReport = JSON.parse(await command(run, 'status', 'mill', '--json'))
      return processes.find(({ id }) => id === 'worker:1')!.inHand
    }
    await run.event('stateChanged', ({ state }) => state === 'running')
    while ((await inHand()) === 0);
    t.match(
      await command(run, 'restart', 'worker:1', '--name', 'mill'),
      /^worker:1 restarted: .*\nthe old process was killed with 1 record in hand, which is done twice\n$/,
    )
  },
)
