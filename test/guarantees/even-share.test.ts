import t from 'tap'
import { fixture, PipelineRun } from '../pipeline-run.js'

for (const inQueue of ['10', '16384']) {
  t.test(`slow records are shared out evenly with an in-queue of ${inQueue}`, async (t) => {
    const run = new PipelineRun(t, [
      ...['--from', 'count:30', '--worker', fixture('workers/tell-who.mjs'), '--to', 'stdout:'],
      ...['--workers', '3', '--in-queue', inQueue],
    ])
    t.match(await run.ended, { code: 0 })
    const shares = ['1', '2', '3'].map((who) => run.results.filter((index) => index === who).length)
    t.equal(run.results.length, 30)
    for (const share of shares) t.ok(share >= 8 && share <= 11, `shared as ${shares}`)
  })
}
