import t from 'tap'
import { fixture, PipelineRun } from '../pipeline-run.js'
import { eventually, residentBytes } from '../processes.js'

const MEBIBYTE = 2 ** 20

t.test('five million records are all delivered, with flat memory in every process', async (t) => {
  const run = new PipelineRun(t, [
    ...['--from', 'count:5000000', '--worker', fixture('workers/same.mjs'), '--to', 'null:'],
    ...['--workers', '2'],
  ])
  await run.event('pipelineStarted')
  const memory = new Map([run.pid, ...run.pids].map((pid) => [pid, [] as number[]]))
  let ended = false
  void run.ended.then(() => {
    ended = true
  })
  await eventually(() => {
    for (const [pid, samples] of memory) samples.push(residentBytes(pid))
    return ended
  }, 100_000)
  t.match(await run.ended, { code: 0 })
  t.match(run.summary, { outcome: 'finished', read: 5_000_000, delivered: 5_000_000, returned: 0 })
  for (const samples of memory.values()) {
    // The first third fills the queues and warms up; garbage comes and goes by some tens of megabytes.
    const early = Math.max(...samples.slice(0, Math.ceil(samples.length / 3)))
    const late = Math.max(...samples.slice(Math.ceil(samples.length / 3)))
    t.ok(late < early + 96 * MEBIBYTE, `${early} bytes at first, ${late} later`)
    t.ok(late < 384 * MEBIBYTE, `${late} bytes at most`)
  }
})
