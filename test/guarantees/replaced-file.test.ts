import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { lettersIn } from '../delivered.js'
import { fixture, PipelineRun } from '../pipeline-run.js'
import { temporaryFolder } from '../temporary-folder.js'

const worker = fixture('workers/die-and-replace-input.mjs')

/** Runs over a file that is replaced while a record takes its workers along, until that ends the run. */
async function replacedMeanwhile(t: Test, deaths: string): Promise<PipelineRun> {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'in.log'), Array.from({ length: 5000 }, (_, i) => `${i}\n`).join(''))
  const args = [
    '--from',
    'file:in.log',
    '--worker',
    worker,
    '--workers',
    '2',
    '--to',
    'file:out.txt',
    '--dead-letter-to',
    'dead.ndjson',
  ]
  const run = new PipelineRun(t, [...args, '--retry-deaths', deaths], { folder })
  t.match(await run.ended, { code: 78, signal: null }, run.said)
  t.match(run.eventsOf('pipelineFailed')[0], {
    code: 'source_changed',
    error: /in\.log was changed or replaced/,
  })
  const { read, delivered, deadLettered, returned } = run.summary
  t.equal(read, delivered + deadLettered + returned, 'every record is accounted for')
  return run
}

t.test(
  'a file that is replaced while it is read fails the run by its name, and no worker is tried in vain',
  async (t) => {
    const run = await replacedMeanwhile(t, '3')
    t.ok(run.summary.restarts.worker <= 3, 'only those that a record took along were replaced')
  },
)

t.test('a record that is given up after its file was replaced is kept with its value', async (t) => {
  const run = await replacedMeanwhile(t, '1')
  t.equal(run.summary.deadLettered, 1)
  t.match(lettersIn(run.path('dead.ndjson')), [{ id: 'in.log@6', value: '3', error: { name: 'WorkerDied' } }])
})
