import { existsSync, readdirSync } from 'node:fs'
import t from 'tap'
import { fixture, linesIn, PipelineRun } from '../pipeline-run.js'
import { temporaryFolder } from '../temporary-folder.js'

const args = [
  '--from',
  'count:500',
  '--worker',
  fixture('workers/note-and-stumble.mjs'),
  '--to',
  'file:output',
]

t.test('an unnamed run of the command line keeps no state, and begins again the next time', async (t) => {
  const folder = temporaryFolder(t)
  for (const round of [1, 2]) {
    const run = new PipelineRun(t, [...args, '--checkpoint-every', '20ms'], { folder })
    const { resumesFrom } = await run.event('pipelineStarted')
    t.equal(resumesFrom, 'from the beginning of the source')
    await run.until(() => run.eventsOf('finished').length > 0, 'the end')
    t.notOk(existsSync(run.path('.millrace')), 'not even until it has ended')
    t.match(await run.ended, { code: 0 })
    t.match(run.summary, { outcome: 'finished', read: 500, delivered: 500, total: { read: 500 } })
    t.equal(linesIn(run.path('output')).length, 500, `run ${round} replaced the output`)
  }
  t.same(readdirSync(folder).sort(), ['handled', 'millrace', 'output'], 'and the folder of its socket')
})

t.test('with a name or a state folder it keeps its state', async (t) => {
  for (const [flag, value, stateDir] of [
    ['--name', 'mill', '.millrace/mill'],
    ['--state-dir', 'state', 'state'],
  ] as const) {
    const run = new PipelineRun(t, [...args, flag, value])
    t.match(await run.ended, { code: 0 })
    t.ok(existsSync(run.path(`${stateDir}/checkpoint.json`)), flag)
  }
})
