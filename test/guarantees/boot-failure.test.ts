import t from 'tap'
import { fixture, PipelineRun } from '../pipeline-run.js'

const failures: { file: string; code: string; exit: number; error: RegExp }[] = [
  {
    file: 'workers/throw-at-load.mjs',
    code: 'module_not_loadable',
    exit: 78,
    error: /could not be loaded: out of order/,
  },
  {
    file: 'workers/export-nothing.mjs',
    code: 'module_shape',
    exit: 78,
    error: /default export must be a function/,
  },
  { file: 'broken/syntax-error.mjs', code: 'module_not_loadable', exit: 78, error: /syntax error/ },
  { file: 'workers/throw-in-setup.mjs', code: 'boot_failed', exit: 1, error: /no database here/ },
  {
    file: 'workers/exit-at-load.mjs',
    code: 'boot_failed',
    exit: 1,
    error: /exit code 4; its last lines:\n {2}the licence has expired/,
  },
]

for (const { file, code, exit, error } of failures) {
  t.test(`${file} cannot start: one clear error, and nothing is spawned again`, async (t) => {
    const run = new PipelineRun(t, [
      ...['--from', 'count:10', '--worker', fixture(file), '--to', 'null:', '--workers', '2'],
    ])
    t.match(await run.ended, { code: exit })
    const failed = run.eventsOf('pipelineFailed')
    t.match(failed, [{ code, error }], 'it is told once')
    t.match(failed[0]?.error, code === 'boot_failed' ? /worker:\d/ : file, 'and named')
    t.equal(run.pids.length, 4, 'every process was started once')
    t.match(run.summary, { outcome: 'failed', delivered: 0 })
  })
}

t.test('a worker that dies again and again spends its budget and ends the run', async (t) => {
  const run = new PipelineRun(t, [
    ...['--from', 'count:10', '--worker', fixture('workers/exit-always.mjs'), '--to', 'null:'],
    ...['--workers', '1', '--restart-intensity', '3', '--restart-backoff', '20ms'],
  ])
  t.match(await run.ended, { code: 1 })
  t.match(run.eventsOf('restartBudgetSpent'), [{ process: 'worker:1' }])
  t.match(run.eventsOf('pipelineFailed'), [
    {
      code: 'restart_budget_spent',
      error: /worker:1 died more than 3 times in 60 s, the last time with exit code 3/,
    },
  ])
  const { summary } = run
  t.match(summary, { outcome: 'failed', read: 10, delivered: 0 })
  t.equal(summary.deadLettered + summary.returned, 10)
  t.ok(summary.deadLettered <= 4, 'it does not eat its whole input')
  const waits = run.eventsOf('restartScheduled').map(({ inMs }) => inMs)
  t.equal(waits[0], 0, 'the first replacement is immediate')
  t.ok(waits[1]! >= 10 && waits[2]! >= 20, `the next ones wait: ${waits}`)
})
