import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { fixture, PipelineRun, temporaryFolder } from '../pipeline-run.js'

const worker = fixture('workers/die-and-replace-input.mjs')

/** Runs over a file that is replaced while a record takes its workers along, until that ends the run. */
async function replacedMeanwhile(t: Test, deaths: string): Promise<PipelineRun> {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'in.log'), Array.from({ length: 5000 }, (_, i) => `${i}\n`).join(''))
  const args = ['--from', 'file:in.log', '--worker', worker, '--workers', '2', '--to', 'file:out.txt']
  const run = new PipelineRun(t, [...args, '--retry-deaths', deaths], { folder })
  t.match(await run.ended, { code: 1, signal: null }, run.said)
  t.match(run.eventsOf('pipelineFailed')[0], {
    code: 'source_changed',
    error: /in\.log was changed or replaced/,
  })
  const { read, delivered, returned } = run.summary
  t.equal(read, delivered + returned, 'every record is accounted for')
  return run
}

t.test(
  'a file that is replaced while it is read fails the run by its name, and no worker is tried in vain',
  async (t) => {
    const run = await replacedMeanwhile(t, '3')
    t.ok(run.summary.restarts.worker <= 3, 'only those that a record took along were replaced')
  },
)

t.test('a record to be given up whose file was replaced fails the run, and not the primary', async (t) => {
  await replacedMeanwhile(t, '1')
})
