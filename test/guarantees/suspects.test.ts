import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { lettersIn, sortedNumbersIn, upTo } from '../delivered.js'
import { statusUntil } from '../from-outside.js'
import { fixture, PipelineRun } from '../pipeline-run.js'
import { Series } from '../series.js'

// Each mostly waits for one process at a time to be ready.
t.jobs = 3
const together = { buffered: true }

/** Waits between restarts that a test can afford. */
const quick = ['--restart-backoff', '10ms', '--restart-max-backoff', '50ms']

const deathsOf = (run: PipelineRun) => run.eventsOf('processExited').filter(({ planned }) => !planned)

const through = (worker: string, ...more: readonly string[]) => [
  ...['--worker', fixture(`workers/${worker}`), '--workers', '2', '--to', 'file:out.txt'],
  ...['--dead-letter-to', 'dead.ndjson', ...quick, ...more],
]

t.test('a record that is the death of its workers is given up, and no other with it', together, async (t) => {
  const run = new PipelineRun(t, through('die-at.mjs', '--from', 'count:8000'), {
    env: { FATAL: '{ "4000": "exit" }' },
  })
  t.match(await run.ended, { code: 0 }, run.said)
  t.match(run.summary, { read: 8000, delivered: 7999, deadLettered: 1, retried: 0 })
  t.same(sortedNumbersIn(run.path('out.txt')), upTo(8000, [4000]), 'every other record is delivered once')

  const deaths = deathsOf(run)
  t.equal(deaths.length, 4, 'one that made it a suspect, and three that it was named for')
  t.equal(run.summary.restarts.worker, 4, 'and nobody else was replaced')
  t.ok(deaths[0]!.returned > 1, 'others were in the same hand')
  t.ok(
    deaths.every(({ returned }) => returned > 0),
    'every death fell while records were in flight',
  )
  const along = deaths.slice(1).map(({ process }) => process)
  t.match(lettersIn(run.path('dead.ndjson')), [
    {
      id: 'count:4000',
      value: 4000,
      stage: 'worker',
      error: {
        name: 'WorkerDied',
        message: `its worker died: exit code 0; it has taken 3 workers along: ${along.join(', ')}`,
        stack: /4000 is the end/,
      },
    },
  ])
})

const fatal = { '100': 'exit', '800': 'abort', '1200': 'kill', '1600': 'outOfMemory' }

/** What stands in the letters, by the numbers of the records. */
const causes = {
  '100': { message: /^its worker died: exit code 0; it has taken 3 /, stack: /100 is the end/ },
  '800': { message: /^its worker died: killed by SIGABRT; it has taken 3 / },
  '1200': { message: /^its worker died: killed by SIGKILL; it has taken 3 /, stack: /1200 is the end/ },
  '1600': {
    message: /^its worker died: out of memory: V8 heap limit; it has taken 3 /,
    stack: /heap out of memory|Native/,
  },
}

t.test('however a record ends its workers, giving it up costs one restart in all', together, async (t) => {
  const run = new PipelineRun(
    t,
    through('die-at.mjs', '--restart-intensity', '5', '--restart-period', '1h'),
    { env: { FATAL: JSON.stringify(fatal), NODE_OPTIONS: '--max-old-space-size=48' }, input: 'open' },
  )
  await run.event('pipelineStarted')
  run.stdin.write(upTo(2000).join('\n').concat('\n'))
  const { processes } = await statusUntil(
    run,
    ({ counters, processes }) =>
      counters.deadLettered + counters.delivered === 2000 &&
      processes.every(({ state }) => state === 'ready'),
  )
  const workers = processes.filter(({ role }) => role === 'worker')
  const left = workers.reduce((sum, { restartBudgetLeft }) => sum + restartBudgetLeft, 0)
  t.equal(left, 2 * 5 - 4)
  run.stdin.end()
  t.match(await run.ended, { code: 0 }, run.said)
  t.match(run.summary, { outcome: 'finished', read: 2000, delivered: 1996, deadLettered: 4 })
  t.same(sortedNumbersIn(run.path('out.txt')), upTo(2000, Object.keys(fatal).map(Number)))
  const deaths = deathsOf(run)
  t.ok(deaths.length > 4 * 3 && deaths.length <= 4 * (1 + 3), `${deaths.length} deaths`)
  t.ok(
    deaths.every(({ returned }) => returned > 0),
    'every death fell while records were in flight',
  )
  const letters = lettersIn(run.path('dead.ndjson')).map(({ value, error }) => [value, error])
  t.equal(letters.length, 4)
  t.match(Object.fromEntries(letters), causes)
})

t.test('among 50 records at once, only the one that ends its workers is given up', together, async (t) => {
  const args = through('die-at.mjs', '--from', 'count:3000', '--concurrency', '50')
  const run = new PipelineRun(t, args, { env: { FATAL: '{ "1500": "exit" }', TAKES_MS: '2' } })
  t.match(await run.ended, { code: 0 }, run.said)
  t.match(run.summary, { read: 3000, delivered: 2999, deadLettered: 1 })
  t.same(sortedNumbersIn(run.path('out.txt')), upTo(3000, [1500]))
  const deaths = deathsOf(run)
  t.equal(deaths.length, 4)
  t.ok(deaths[0]!.returned > 1, 'others were at work')
  t.match(lettersIn(run.path('dead.ndjson')), [
    {
      id: 'count:1500',
      error: { name: 'WorkerDied', message: /exit code 0; it has taken 3 workers along/ },
    },
  ])
})

t.test('of slow records, only the one that a worker was at is a suspect', together, async (t) => {
  const args = [...through('die-at.mjs', '--from', 'count:300'), '--workers', '1']
  const run = new PipelineRun(t, args, { env: { FATAL: '{ "200": "exit", "201": "kill" }', TAKES_MS: '1' } })
  t.match(await run.ended, { code: 0 }, run.said)
  t.match(run.summary, { read: 300, delivered: 298, deadLettered: 2 })
  t.same(sortedNumbersIn(run.path('out.txt')), upTo(300, [200, 201]))
  const deaths = deathsOf(run)
  t.equal(deaths.length, 2 * (1 + 3), 'the second was in the hand of the first, and no suspect for that')
  t.ok(deaths[0]!.returned > 2)
})

t.test('a handler that always crashes ends the pipeline, and does not eat the input', together, async (t) => {
  const series = new Series(t, ['--from', 'count:5000', '--to', 'file:out', ...quick])
  const intensity = 1
  const broken = await series.run(1, [
    ...['--worker', fixture('workers/exit-always.mjs'), '--restart-intensity', String(intensity)],
  ])
  t.match(broken.eventsOf('pipelineFailed')[0], { code: 'restart_budget_spent', error: /exit code 3/ })
  const { read, deadLettered, returned } = broken.summary
  t.match(broken.summary, { outcome: 'failed', delivered: 0, dropped: 0 })
  t.ok(deadLettered <= 2 * (intensity + 1), `${deadLettered} were given up`)
  t.ok(returned > 0 && returned === read - deadLettered, 'the others were given back')

  const letters = lettersIn(join(series.stateDir, 'dead-letters.ndjson'))
  const givenUp = new Set(letters.map(({ value }) => value))
  t.equal(givenUp.size, deadLettered)
  const settled = series.settled.flatMap(([from, to]) => upTo(to).slice(from))
  t.same(new Set(settled), givenUp, 'the checkpoint has all that was given up')

  const mended = await series.run(0, ['--worker', fixture('workers/same.mjs')])
  t.match(mended.summary, { outcome: 'finished', deadLettered: 0 })
  t.same(sortedNumbersIn(series.path('out')), upTo(5000, settled), 'the next start does all the rest')
})

t.test(
  'suspects whose workers are killed from outside are neither lost nor given up',
  together,
  async (t) => {
    const run = new PipelineRun(t, through('tell-and-wait-at-500.mjs', '--from', 'count:2000'))
    const killed: number[] = []
    // The first makes suspects of all that its victim had in hand; the others hit the first of these, alone at work.
    while (killed.length < 3) {
      const begun = () => run.lines.filter(({ msg }) => msg === 'began 500')
      await run.until(() => begun().length > killed.length, 'record 500 is at work')
      killed.push(begun().at(-1)!.pid)
      process.kill(killed.at(-1)!, 'SIGKILL')
      await run.event('processExited', ({ pid }) => pid === killed.at(-1))
    }
    t.equal(run.eventsOf('finished').length, 0)
    writeFileSync(run.path('gate'), '')
    t.match(await run.ended, { code: 0 }, run.said)
    t.match(run.summary, { read: 2000, delivered: 2000, deadLettered: 0 })
    t.same(sortedNumbersIn(run.path('out.txt')), upTo(2000))
    const deaths = deathsOf(run)
    t.same(
      deaths.map(({ pid }) => pid),
      killed,
      'nobody but the killed has ended',
    )
    t.ok(deaths[0]!.returned > 1, 'others were in the same hand')
    t.ok(
      deaths.every(({ returned }) => returned > 0),
      'every kill fell while records were in flight',
    )
  },
)
